"""The web server's door. This process publishes with confirms."""

import os

from django.core.asgi import get_asgi_application

from backend.celery import confirm_publishes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

application = get_asgi_application()
confirm_publishes()
