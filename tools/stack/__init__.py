"""Runs the whole system on one machine: private servers, processes, the demo.

Knows the product only by its command lines and its HTTP API and imports nothing from the other rooms.
"""
