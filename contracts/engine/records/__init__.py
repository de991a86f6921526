"""Contracts one by one: where each stands, what is known of it, and what stands around it."""
