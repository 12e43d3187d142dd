"""The ground that every room stands on: values, windows, periods, money, formats, the merge rule, limits, paths.

Everything here runs while a person waits for a prompt: it imports `os`, `sys`, `time`, `_json` (`json` where that is missing)
and itself. So the prompt path and all else use the same function for the same fact.
"""
