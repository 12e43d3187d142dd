"""What `quotaline doctor` asks: one file per group, each check with the predicate that the runtime itself uses."""
