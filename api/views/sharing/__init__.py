"""Endpoints over what is open to whoever has a link."""
