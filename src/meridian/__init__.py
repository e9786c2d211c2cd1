"""Authoritative DNS with the Route 53 API, on your own machines."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("meridian")
