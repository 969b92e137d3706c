"""What plugin authors are given besides the API: a template, and a check of what they made."""
