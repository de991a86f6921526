"""The health check of the sweeper and of Beat: `pulse.py sweep`, `pulse.py beat`. Exit status 0 when it had
an effect within the last ten seconds, as the database says: a process may live and have none."""

import os
import sys
from pathlib import Path

import psycopg

QUERY = """
    SELECT coalesce(max(beaten_at) > now() - interval '10 seconds', false)
    FROM data_processing_pulse WHERE name = %s
"""

ca_file = os.environ.get("DATABASE_CA_FILE")
tls = {"sslmode": "verify-full", "sslrootcert": ca_file} if ca_file else {}
file = os.environ.get("DATABASE_URL_FILE")
address = Path(file).read_text(encoding="utf-8").strip() if file else os.environ["DATABASE_URL"]
with psycopg.connect(address, connect_timeout=5, **tls) as connection:
    row = connection.execute(QUERY, sys.argv[1:2]).fetchone()
sys.exit(0 if row and row[0] else 1)
