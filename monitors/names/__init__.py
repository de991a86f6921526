"""Names that people hold for the same."""
