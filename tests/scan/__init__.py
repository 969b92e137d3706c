"""Looks for secrets and personal data in everything that the suite makes the product say.

`markers` knows what must show up nowhere, `channels` and `rows` collect what is said and stored
during a test, `plugin` judges it at the test's end. Loaded by tests/conftest.py for every test.
"""
