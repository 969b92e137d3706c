"""One folder per platform: client, mapping, sandbox."""
