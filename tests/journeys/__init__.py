"""Journeys: the real server, driven by stock clients down to the wire."""
