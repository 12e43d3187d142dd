"""config.toml and the segment files: their types, read, changed and explained.

A mistake is one sentence that says what is allowed.
"""
