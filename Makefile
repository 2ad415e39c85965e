# Python 3.11, 3.12 or 3.13 with venv, and pip: nothing else is needed. The project itself is not installed.
# Use PYTHON=... to choose an interpreter, ARGS="split.repeats=2 seed=7" to hand options to `make run`.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# A file's tests stay in one process: they share what its fixtures made. A process may take 2 GB, hence no more than 4.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make lock' --quiet
# Each candidate is run, not looked up: a version manager can leave commands that only print an error.
FITS := import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
FOUND = $(firstword $(foreach python,$(or $(PYTHON),python3 python3.12 python3.11 python3.13),$(shell \
	$(python) -c '$(FITS)' >/dev/null 2>&1 && echo $(python))))

.DEFAULT_GOAL := help
.PHONY: help setup setup-ray run test test-fast check gate bench results overnight reproduce published ui lock

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime ## the environment in .venv, from requirements.lock

setup-ray: $(VENV)/.ray ## Ray on top of it, to share a run among machines; see docs/cluster.md

run: setup ## xDeepFM on MovieLens-100k; ARGS="model=ease ..." sets options, `python run.py --help` lists them
	$(BIN)/python run.py $(ARGS)

test: $(VENV)/.development ## all tests
	$(PYTEST) $(ARGS)

test-fast: $(VENV)/.development ## the tests that are not marked slow: about three minutes
	$(PYTEST) -m "not slow" $(ARGS)

# The pyright package brings its own Node where there is none on the PATH, once, over the network.
check: $(VENV)/.development ## style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

gate: $(VENV)/.development ## whether any model finds something else than its reference in results/regression/
	$(BIN)/python -m benchmarks.regression check --junit outputs/regression/gate.xml $(ARGS)

bench: setup ## the table and figure of results/ and of the README, from ten repeats of each model
	$(BIN)/python -m benchmarks.link_prediction --out results/knowledge_graph.md
	$(BIN)/python run.py experiment=leaderboard experiment.readme=README.md $(ARGS)

results: setup ## what of results/ is not of the present code, but the longest: a day, resumable; ARGS=--status shows what
	$(BIN)/python -m benchmarks.results $(ARGS)

overnight: setup ## the longest programs of results/, which `make results` leaves out: nights, resumable
	$(BIN)/python -m benchmarks.results --overnight $(ARGS)

reproduce: setup ## a row of the leaderboard anew, beside its published intervals: ROW=ease
	$(BIN)/python -m benchmarks.results.reproduce $(ROW) $(ARGS)

published: setup ## models beside published figures for the same data; a night, and RECSYS_DATA, see docs/results.md
	$(BIN)/python run.py experiment=published $(ARGS)

ui: setup ## MLflow's pages on the runs so far
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db $(ARGS)

lock: ## the lock files anew from pyproject.toml; needs uv
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) --extra ray --constraint requirements-dev.lock --output-file requirements-ray.lock

$(BIN)/python:
	@if [ -z "$(FOUND)" ]; then \
		echo "expected Python 3.11, 3.12 or 3.13, found none of them ($(or $(PYTHON),python3, python3.11 to python3.13));" \
			"install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@$(FOUND) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(FOUND) cannot make virtual environments: apt install python3-venv" >&2; exit 1; }
	$(FOUND) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# The development lock holds the runtime's packages at the same versions, so that it alone has to be installed.
$(VENV)/.development: requirements-dev.lock requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

# The same holds for Ray's lock; it agrees with the development lock, too, so that either can be installed on the other.
$(VENV)/.ray: requirements-ray.lock requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-ray.lock
	@touch $@ $(VENV)/.runtime
