"""Built-in plugins: the five domains, the marketplaces, the demo."""
