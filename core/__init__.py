"""What every plugin may rely on; it knows no platform and no domain."""

__version__ = "0.1.0"
