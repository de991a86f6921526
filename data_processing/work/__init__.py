"""The work itself, one module per kind: generators that yield Progress and return an Outcome. They know no
Celery, no HTTP and no row."""
