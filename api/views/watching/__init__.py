"""Endpoints over what watches for people."""
