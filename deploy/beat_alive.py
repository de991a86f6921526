"""The health check of Beat: exit status 0 when it sent a periodic task within the last two minutes.

Looks at the schedule's own rows, because Beat opens no port.
"""

import os
import sys

import psycopg

QUERY = """
    SELECT coalesce(max(last_run_at) > now() - interval '2 minutes', false)
    FROM django_celery_beat_periodictask
"""

with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
    row = connection.execute(QUERY).fetchone()
sys.exit(0 if row and row[0] else 1)
