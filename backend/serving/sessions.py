"""Sessions of signed-in users: rows, so that signing out ends them for every copy of the cookie."""

from __future__ import annotations

import re

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    """Django's store, in which a key that Django cannot have made is no session."""

    def __init__(self, session_key: str | None = None) -> None:
        # Not looked up: PostgreSQL refuses a NUL, which a quoted cookie may hold.
        super().__init__(session_key if session_key and _KEY.fullmatch(session_key) else None)
