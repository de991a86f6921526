"""Django for the peers that need it."""

from __future__ import annotations

import os

import dj_database_url

SECRET_KEY = "of a benchmark"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=3600)}
INSTALLED_APPS = ["django.contrib.contenttypes", "django_celery_results", "django_tasks", "django_tasks_db"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
