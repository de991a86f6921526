#!/bin/sh
# Starts a worker of one lane in this terminal, for hosts without containers:
#   scripts/start_celery_worker.sh housekeeping|interactive|bulk [further options of `celery worker`]
# Settings come from the environment and from .env in the checkout. SIGTERM ends it gracefully: what it is at goes on for
# SHUTDOWN_TIMEOUT_S and is handed back then. CELERY names another program than the checkout's own.
set -eu
cd "$(dirname "$0")/.."
lane="${1:-}"
case "$lane" in
# Threads, because it keeps the clock of the sweeper, which no fork may copy.
housekeeping) queues=critical pool="--pool threads" ;;
interactive) queues=high pool="" ;;
bulk) queues=normal,low pool="" ;;
*)
	echo "usage: $0 housekeeping|interactive|bulk [options of celery worker]" >&2
	exit 2
	;;
esac
shift
# A child of a worker does one thing at a time and keeps one connection; Celery's soft shutdown hangs on SIGQUIT.
export REMAP_SIGTERM="${REMAP_SIGTERM:-SIGQUIT}" DATABASE_POOL_SIZE="${DATABASE_POOL_SIZE:-0}"
# shellcheck disable=SC2086 # two words or none
exec "${CELERY:-.venv/bin/celery}" -A backend worker -Q "$queues" -n "$lane@%h" $pool --concurrency 2 --loglevel info "$@"
