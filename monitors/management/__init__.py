"""Commands of what watches for people."""
