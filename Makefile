# Two commands on a fresh Debian with python3 and make: `make demo` and `make test`. `make help` lists all.

# The machine's own python3 when it is of a supported version, otherwise another one that is.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$python; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python
NODE_MODULES := node_modules
# Where `make test-next` keeps its Debian: 4 GB.
NEXT_ROOT := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/philgeps-explorer
TEST := $(RUN) -m pytest -n 4 --dist loadfile --no-loadscope-reorder
FAST := tests/contracts/questions tests/contracts/test_fields.py tests/contracts/test_reasons.py \
	tests/contracts/ingest/cells tests/contracts/ingest/tables tests/contracts/ingest/text \
	tests/test_house.py tests/web/test_javascript.py
ROOMS := backend web assistants compat api monitors data_processing contracts tools tests manage.py
PIP_COMPILE := $(VENV)/bin/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-header --annotation-style=line

# What tests and measures gives the same everywhere, whatever a .env says.
demo test test-fast test-next coverage chaos load screenshots bench bench-%: export ENV_FILE := /dev/null

# Hundreds of processes start in a test run; without compiled files each would compile the code anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo up dev shell env pin backup restore test test-fast test-next coverage chaos check check-python check-javascript check-all format import screenshots load bench bench-smoke bench-monitors bench-queries bench-tasks bench-peers sbom requirements clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.stamp ## the whole system once: 100,000 sample contracts, search, aggregates, Excel export
	$(RUN) -m tools.stack.demo

up: $(VENV)/.stamp ## serve at http://127.0.0.1:3200 until Ctrl-C
	$(RUN) -m tools.stack.up

dev: $(VENV)/.stamp ## as up, and start again what a change of the code concerns; WITHOUT=interactive leaves one out
	$(RUN) -m tools.stack.up --reload $(addprefix --without=,$(WITHOUT))

shell: $(VENV)/.stamp ## a Python shell of Django over the data of `make up`
	$(RUN) manage.py shell

env: $(VENV)/.stamp ## write .env for `docker compose up`, with random secrets
	$(RUN) -m tools.stack.env_file

pin: $(VENV)/.stamp ## write docker-compose.pinned.yml with the digests of the servers' images that this machine has
	$(RUN) -m tools.stack.pin_images

backup: $(VENV)/.stamp ## database and current dataset with checksums, into a new folder below TO (backups/)
	$(RUN) manage.py backup $(or $(TO),backups)

restore: $(VENV)/.stamp ## put a backup in place of an empty system, while nothing runs: make restore FROM=backups/...
	$(RUN) manage.py restore $(FROM)

test: $(VENV)/.stamp ## every test against private RabbitMQ, Redis and PostgreSQL
	$(RUN) -m tools.stack.install servers
	$(TEST) $(ARGS)

test-next: $(VENV)/.stamp ## as root: every test in a Debian 13 root, with the servers and the Python that compose pins
	$(RUN) -m tools.stack.debian $(NEXT_ROOT) make test

coverage: $(VENV)/.stamp ## the same with branch coverage, which must be 90 % and takes a fifth more time
	$(RUN) -m tools.stack.install servers
	$(TEST) --cov --cov-report=term $(ARGS)

test-fast: $(VENV)/.stamp ## what needs no server and no browser, in about half a minute
	$(RUN) -m pytest -n 2 --dist loadfile --no-cov $(FAST) $(ARGS)

check: $(VENV)/.stamp ## format, lint, types, floors
	$(MAKE) --jobs=2 --output-sync=target check-python check-javascript

check-python: $(VENV)/.stamp
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy --num-workers 2 $(wildcard $(ROOMS))
	$(VENV)/bin/lint-imports

check-javascript: $(VENV)/.stamp $(NODE_MODULES)/.stamp
	$(NODE_MODULES)/.bin/biome check --error-on-warnings
	$(RUN) manage.py spectacular --format openapi-json | $(RUN) -m tools.javascript.api_types > web/api.d.ts
	$(NODE_MODULES)/.bin/tsc --project jsconfig.json

format: $(VENV)/.stamp $(NODE_MODULES)/.stamp ## write the format that `make check` wants
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	$(NODE_MODULES)/.bin/biome check --write

import: $(VENV)/.stamp ## import raw files into what `make up` serves: make import FILES="a.xlsx b.csv"
	$(RUN) manage.py import_contracts $(FILES)

chaos: $(VENV)/.stamp ## faults under load for CHAOS_S seconds by CHAOS_SEED: nothing lost, doubled, torn or refused
	$(RUN) -m tools.stack.install servers
	$(RUN) -m tools.chaos

load: $(VENV)/.stamp ## 200 clients for LOAD_S (60) seconds, then a crowd beside: no 5xx, accepted = finished, CPU per request
	$(RUN) -m tools.stack.install servers
	$(RUN) -m tools.bench.load

bench: $(VENV)/.stamp ## every figure beside its bar and its peers, over BENCH_ROWS (5 million) rows
	$(RUN) -m tools.stack.install servers
	$(RUN) -m tools.bench

bench-smoke: $(VENV)/.stamp ## the same over few rows: fails where a ratio is far below its bar
	$(RUN) -m tools.stack.install servers
	BENCH_ROWS=200000 $(RUN) -m tools.bench --smoke

check-all: check test bench-smoke ## check, test and bench-smoke

bench-monitors: $(VENV)/.stamp ## how long 200 monitors take with a new version of BENCH_ROWS (5 million) rows
	$(RUN) -m tools.bench.monitors

bench-queries: $(VENV)/.stamp ## how long searches and totals take over BENCH_ROWS (5 million) rows, without peers
	$(RUN) -m tools.bench.queries

screenshots: $(VENV)/.stamp ## every page, light and dark, wide and on a phone, into docs/images; the explorer at six widths into var/screenshots
	$(RUN) -m tools.stack.install servers
	$(RUN) -m tests.screenshots

bench-tasks: $(VENV)/.stamp ## measure the task machine beside bare Celery and beside durable peers
	$(RUN) -m tools.stack.install servers
	$(VENV)/bin/pip install --quiet --requirement requirements-bench.txt
	$(RUN) -m tools.bench.tasks
	$(RUN) -m tools.bench.durable --write

bench-peers: $(VENV)/.stamp ## questions to us, Datasette and pandas over BENCH_ROWS (5 million) rows: half an hour, 20 GB of disk
	$(RUN) -m tools.stack.install servers
	$(VENV)/bin/pip install --quiet --requirement requirements-bench.txt
	$(RUN) -m tools.bench.peers --write

sbom: $(VENV)/.stamp ## what the product is made of, as a bill of materials: var/sbom.json (CycloneDX)
	$(RUN) -m tools.sbom var/sbom.json

requirements: $(VENV)/.stamp ## pin requirements*.txt anew from pyproject.toml
	$(PIP_COMPILE) --output-file requirements.txt pyproject.toml
	$(PIP_COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

clean: ## remove the environment, the data below var/, the Debian of test-next and all caches
	rm -rf $(VENV) $(NODE_MODULES) var .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf --one-file-system "$(NEXT_ROOT)"
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.stamp: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: sudo apt-get install python3"; exit 1; }
	$(PYTHON) -m tools.stack.install environment
	touch $@

$(NODE_MODULES)/.stamp: package.json | $(VENV)/.stamp
	$(RUN) -m tools.stack.install javascript
	touch $@
