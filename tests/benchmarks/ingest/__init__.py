"""What the part about ingest is made of: busy shops, their platforms' sandboxes, three ways in."""
