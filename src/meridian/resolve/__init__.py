"""Asks resolvers for names outside."""
