"""``python -m tools.stack.env_file``: .env for Docker Compose, from deploy/env.example, secrets drawn."""

from __future__ import annotations

import os
import re
import secrets
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "deploy" / "env.example"
SECRET_BYTES = 32
EMPTY_SECRET = re.compile(r"^([A-Z_]+)=$", re.MULTILINE)


def fill_secrets(example: str) -> str:
    """The example with a secret for each variable without a value: hex, as the values go into URLs."""
    return EMPTY_SECRET.sub(lambda match: f"{match[1]}={secrets.token_hex(SECRET_BYTES)}", example)


def write_env_file(target: Path, *, example: str) -> None:
    """Raises FileExistsError: the secrets of a running system are not written over."""
    # From its first byte on, nobody else may read it.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(fill_secrets(example))


def main(target: Path = CHECKOUT / ".env") -> int:
    try:
        write_env_file(target, example=EXAMPLE.read_text(encoding="utf-8"))
    except FileExistsError:
        print(f"{target} is there already; delete it if nothing runs with its secrets", file=sys.stderr)
        return 1
    print(f"{target} is written; look at ALLOWED_HOSTS in it, then: docker compose up")
    return 0


if __name__ == "__main__":
    sys.exit(main())
