"""The stand that the conformance kit works on."""

from core.testing.fixtures import plugins_under_test, stand  # noqa: F401  (fixtures)
