"""The kinds of tasks of this room; the setting TASK_KINDS names them."""
