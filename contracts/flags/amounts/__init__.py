"""Flags of what amounts say: limits, budgets, digits, prices."""
