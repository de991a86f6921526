"""The task machine: task runs, the work they do, and the REST API over them."""
