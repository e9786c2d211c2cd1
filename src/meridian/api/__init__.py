"""The Route 53 surface: requests in, replies out, driven by the service model."""
