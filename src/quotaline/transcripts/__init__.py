"""Claude Code's transcripts → rows of usage: which files changed, what was appended to them, what a line says."""
