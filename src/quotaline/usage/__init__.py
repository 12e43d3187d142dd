"""The usage report as types, as JSON and as metrics; the history in ccusage's shapes."""
