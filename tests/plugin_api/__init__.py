"""The plugin API holds: its names, its shapes, its hooks, and how its version moves."""
