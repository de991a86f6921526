"""Flags of what days say: notices, closings, awards, ends of years."""
