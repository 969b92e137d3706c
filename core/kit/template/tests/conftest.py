"""The fixtures `bench` and `other`: two merchants of a gateway in this process."""

pytest_plugins = ["core.testing.fixtures"]
