"""The kinds that judge red flags: for an answer, and into a file."""
