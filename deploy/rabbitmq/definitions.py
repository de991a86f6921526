"""`definitions.py FILE`: writes the users of RabbitMQ and their rights, which it reads at its start: those of
definitions.json beside this, with a hash of each password in place of the variable that holds it."""

import base64
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path

SALT_BYTES = 4


def hash_password(password: str) -> str:
    """As RabbitMQ keeps it: SHA-256 of salt and password, after the salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


definitions = json.loads(Path(__file__).with_name("definitions.json").read_text(encoding="utf-8"))
for user in definitions["users"]:
    user["password_hash"] = hash_password(os.environ[user["password_hash"]])
    user["hashing_algorithm"] = "rabbit_password_hashing_sha256"
Path(sys.argv[1]).write_text(json.dumps(definitions, indent=2), encoding="utf-8")
