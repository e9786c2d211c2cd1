"""Connectors: they keep what outside alias targets answer fresh in the feed (R-ALI-14)."""
