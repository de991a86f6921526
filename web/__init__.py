"""The pages that people use. They speak to the public API only."""
