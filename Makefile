# Homeroom's commands. Each works from any state and twice in a row.
PYTHON ?= python3
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup test lint clean

help: ## List what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install everything into the project folder
	@$(PYTHON) -m devtools.bootstrap

lint: setup ## Check style and types
	$(RUN) -m ruff check .
	$(RUN) -m mypy

test: setup ## Set up what is missing and run the checks and tests
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(RUN) -m pytest

clean: ## Remove what set-up and runs left in the project folder
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
