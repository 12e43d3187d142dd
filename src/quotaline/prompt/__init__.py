"""The prompt path: the processes that a person waits for. They read a snapshot, format, print, and never wait and never fail.

They may import `os`, `sys`, `time`, `_json` (`json` where that is missing), `core/`, `render/` and their own files; they open
no socket, read no credential, parse no TOML, take no lock and wait for no child. Whatever is on stdin or on disk, they exit 0
without a traceback. Tests hold each of these. `__main__` alone imports this room.
"""
