"""The example packages, installed beside the built wheel in an environment of their own."""
