"""The web server's door."""

from __future__ import annotations

import os

import django
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase

from backend.bodies import BoundedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")


class OneThreadHandler(BoundedBodies):
    """Runs the middleware and the view of a request in one thread, with one hop there and one back.

    Django's own handler hops for every middleware, which costs more than the API's work. Asynchronous views
    still run in the event loop, and hold the thread only until they have returned their response.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django.setup(set_prefix=False)
application = OneThreadHandler()
