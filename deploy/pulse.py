"""The health check of the sweeper and of Beat: `pulse.py sweep`, `pulse.py beat`. Exit status 0 when it had
an effect within the last ten seconds, as the database says: a process may live and have none."""

import os
import sys

import psycopg

QUERY = """
    SELECT coalesce(max(beaten_at) > now() - interval '10 seconds', false)
    FROM data_processing_pulse WHERE name = %s
"""

ca_file = os.environ.get("DATABASE_CA_FILE")
tls = {"sslmode": "verify-full", "sslrootcert": ca_file} if ca_file else {}
with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5, **tls) as connection:
    row = connection.execute(QUERY, sys.argv[1:2]).fetchone()
sys.exit(0 if row and row[0] else 1)
