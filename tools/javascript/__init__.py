"""What the checks of the pages' JavaScript need beside their tools."""
