"""The snapshot as types: read, merged, and published with the prompt files that shells read."""
