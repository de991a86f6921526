"""The REST API: translates between HTTP and the task machine."""
