"""The task machine beside other durable ones, on the same PostgreSQL and cores:
`python -m tools.bench.durable`.

Each peer is a module with a function `enqueue`, of one task.
"""
