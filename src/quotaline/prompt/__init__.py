"""The prompt path: read a snapshot, format, print. It never waits and never fails.

Everything in this folder runs while a person waits for a prompt. It may import `os`, `sys`, `time`, `_json` (`json` where
that is missing) and its own files; it opens no socket, reads no credential, parses no TOML, takes no lock and waits for no
child. Whatever is on stdin or on disk, it exits 0 without a traceback. Tests hold each of these.
"""
