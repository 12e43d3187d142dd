"""The programs that show the line: what `install` writes into their configuration, and how `uninstall` takes it out again."""
