# `make` alone prints what there is. The words behind ## are what it prints.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell tools/python)
BIN := .venv/bin
READY := .venv/.ready
# Where Python may not keep what it compiled, each of our many processes compiles everything anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE
# More test processes than processors only wait for each other.
WORKERS ?= $(shell tools/processors)
# A file is one process's: its tests share what its fixtures set up. `tests/selection.py` says which come first.
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help demo test prove check format facts benchmark translations screenshots pictures requirements test-services clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## play a season and serve it until Ctrl-C (RESET=1 begins anew, TANDEM_PORT=8080 takes that port)
	@RESET="$(RESET)" exec $(BIN)/tandem demo

test: $(READY) ## run every test, with the proofs at small counts; sets up what it needs
	@tools/test $(PYTEST)

prove: $(READY) ## run the proofs at their full counts
	@TANDEM_PROVE=1 tools/test $(PYTEST) -m proof -o faulthandler_timeout=7200

check: $(READY) ## look at the code without running it: style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code into its agreed form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

facts: $(READY) ## run the tests of what the associations ask for, and print which facts hold
	@tools/test $(PYTEST) --facts

benchmark: $(READY) ## measure the promised ratios
	$(BIN)/python -m benchmarks

translations: $(READY) ## collect the texts for people, and bring every catalogue up to date (NEW=de begins one)
	@tools/translations $(NEW)

screenshots: $(READY) ## beside `make demo`: a picture of every page, phone and desk, light and dark, and what is wrong
	@TANDEM_CHROMIUM=$$(tools/chromium) $(BIN)/python -m tools.every_page

test-services: $(READY) ## keep the tests' PostgreSQL running until Ctrl-C, for many short test runs
	@exec $(BIN)/python -m tests.keeper

pictures: $(READY) ## beside `make demo`: take the pictures of the README's guided tour
	@TANDEM_CHROMIUM=$$(tools/chromium) $(BIN)/python -m tools.pictures

requirements: $(READY) ## pin the newest versions that are two weeks old, with hashes
	requirements/compile.sh

clean: ## remove everything that a run made: the environment, the servers' data, the caches
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m tandem.local.place; fi
	rm -rf .venv .tandem dist build htmlcov test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@tools/install "$(PYTHON)"
