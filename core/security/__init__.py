"""Tokens, roles and permissions, sealed credentials, audit, masking."""
