"""What `install` writes into other programs' configuration, and how `uninstall` takes it out again."""
