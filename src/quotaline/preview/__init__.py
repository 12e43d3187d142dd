"""Lines and segments with live values, or with the bundled sample's."""
