"""``python -m backend.server``: the web server of the product. Its one place of starting, with its limits."""

from __future__ import annotations

import argparse
import logging.config
import os

import uvicorn
from django.conf import settings

from backend.serving.protocol import BoundedProtocol

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

STOP_WITHIN_S = 5
"""Event streams stay open until their task ends; without a bound they would hold up every stop."""
HUNG_AFTER_S = 60
"""A process that says nothing for so long is replaced. uvicorn's 5 seconds are less than a busy machine takes
to import the product: the first process was killed while it started."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m backend.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3200)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args()
    # Also where this process only watches over those that serve, and never loads the application.
    logging.config.dictConfig(settings.LOGGING)
    uvicorn.run(
        "backend.asgi:application",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        # Whom to believe, the settings PROXIES and SECURE_PROXY_SSL_HEADER say; uvicorn believes whoever is
        # on the same machine.
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        timeout_worker_healthcheck=HUNG_AFTER_S,
    )


if __name__ == "__main__":
    main()
