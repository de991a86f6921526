"""Flags of how a buyer's contracts are spread: over suppliers, modes, and what is left out."""
