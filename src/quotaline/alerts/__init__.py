"""`[[alert]]`: which are due, and how each is delivered once."""
