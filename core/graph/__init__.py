"""How types are declared, read from the tables, and composed into one schema; Relay; errors."""
