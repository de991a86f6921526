"""The Django project: wiring only. Importing it makes Celery's app the default one."""

from backend.celery import app as celery_app

__all__ = ("celery_app",)
