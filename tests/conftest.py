"""What all tests share. The servers come from the plugin stack.pytest_servers (see pyproject.toml)."""
