"""`quotaline guard`: is there room, and waiting until there is."""
