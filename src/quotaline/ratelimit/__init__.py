"""May a source that asks somebody be asked now? One rate limiter for all processes, its memory on disk."""
