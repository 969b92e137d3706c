"""Files that people export by hand, read into the same records as a marketplace's answers."""
