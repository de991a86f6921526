"""The Django project: wiring only. Importing it makes Celery's app the default one."""

import gc

# Before anything else is imported. A start makes some 170,000 objects that stay; looking through them after
# every 700 new ones, which is Python's default, took a tenth of it.
gc.set_threshold(10_000)

from backend.celery import app as celery_app  # noqa: E402

__all__ = ("celery_app",)
