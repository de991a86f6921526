"""Tries to make the product lose a task, repeat an effect or tear a file, and counts from outside.

Knows the product by its commands, its HTTP API, its rows, its messages and its export folder; it imports
none of the product's rooms.
"""
