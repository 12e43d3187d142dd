"""An organisation's own reports, day by day into the ledger, and what they say beside this machine's transcripts."""
