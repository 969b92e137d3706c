"""The tutorial for plugin authors, run as it stands in docs/tutorial.md."""
