"""The version, read by the build and by `hauberk version`."""

__version__ = "0.1.0"
