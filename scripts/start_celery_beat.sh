#!/bin/sh
# Starts Beat in this terminal, for hosts without containers. One is enough; a second one sends everything twice, which
# does no harm. Further options are those of `celery beat`.
set -eu
cd "$(dirname "$0")/.."
# No file with the process's id: one that a killed Beat has left would keep the next one from starting.
exec "${CELERY:-.venv/bin/celery}" -A backend beat --loglevel info --pidfile= "$@"
