"""The task machine: task runs, the work that they do, what they leave behind, and what operators see of
it."""
