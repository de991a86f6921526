"""The product under many clients at once: what it answers, how fast, and at what cost to the web process."""
