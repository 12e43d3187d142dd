"""The sources that ask somebody: one budget, one requester for all processes, whose answer it is."""
