"""One ledger of several machines and people, in a PostgreSQL database: what is new goes there, what it knows comes back."""
