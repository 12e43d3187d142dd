"""PURE One file per source; each is `read(...) -> list[Reading]`, raises SourceError, and knows nothing of caches."""
