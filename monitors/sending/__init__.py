"""Sending alerts: claiming what waits, one try at a time, and what follows from it."""
