"""The calls of the PhilGEPS Awards Dashboard's clients, answered by this system while they move to its API.

Each is translated to a question of ours and its answer back. The room is on where the setting COMPAT is;
without it the product is whole (docs/decisions/0040-clients-of-the-incumbent.md).
"""
