"""Health checks: probing endpoints and voting on what was seen."""
