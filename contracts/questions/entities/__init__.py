"""Entities: the contractors, organizations, areas and categories, each name of which has an address."""
