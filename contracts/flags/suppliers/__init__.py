"""Flags of suppliers: split purchases, newcomers, partners, too many trades."""
