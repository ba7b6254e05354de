# What one does with this project; `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked-install

.DEFAULT_GOAL := help
.PHONY: help setup run test test-browser lint bench lock clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install what is locked into .venv (the other verbs do it by themselves)

run: $(STAMP) ## Start everything and watch sixty participants go through three studies
	@$(BIN)/pstatus demo

test: lint ## Lint, then every test, on a real Kafka and PostgreSQL
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

test-browser: $(STAMP) ## The web board in a real Chromium
	@command -v chromium chromium-browser google-chrome >/dev/null \
		|| { echo "Needs Chromium (on Debian: apt install chromium)"; exit 1; }
	@$(BIN)/python -m pytest tests/browser

lint: $(STAMP) ## ruff, mypy --strict, the walls between folders, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@if [ -f tests/house/__main__.py ]; then $(BIN)/python -m tests.house; fi

bench: $(STAMP) ## Measure records per second, CPU per record and latency; prints a table
	@$(BIN)/python -m tests.benchmarks

lock: $(STAMP) ## Resolve the dependencies anew, with hashes and without index addresses
	@$(BIN)/uv pip compile $(LOCKING) -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile $(LOCKING) --extra local --group dev -o requirements-dev.lock pyproject.toml

LOCKING := --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

clean: ## Stop the local servers; remove their data, .venv and every cache
	@if [ -x $(BIN)/pstatus ]; then $(BIN)/pstatus local down; fi
	@rm -rf .local $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Needs Python 3.11 or newer as $(PYTHON); name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Needs Python's venv module (on Debian: apt install python3-venv)"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements-dev.lock names into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements-dev.lock \
		|| { echo "Could not install: the first time needs the network (or wheels in PIP_FIND_LINKS)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --editable .
	@touch $(STAMP)
