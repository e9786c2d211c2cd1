"""Telling people and programs what health checks come to: history, streams, webhooks, metrics."""
