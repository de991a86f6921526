"""A check: what is known of contracts that were seen, compared with those of a dataset version."""
