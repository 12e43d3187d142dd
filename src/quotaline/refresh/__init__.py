"""One refresh: every source that may be read, the ledger, the snapshot; and the snapshot that a command looks at."""
