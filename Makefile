# Homeroom's commands. Each works from any state and twice in a row.
PYTHON ?= python3
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint doctor clean

help: ## List what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install everything into the project folder
	@$(PYTHON) -m devtools.bootstrap

demo: setup ## Run the portal with an example district (FRESH=1 from nothing, ONCE=1 proves the whole way and ends)
	@$(RUN) -m devtools.demo

doctor: setup ## Say which tools are used and where they come from
	@$(RUN) -m devtools.doctor

lint: setup ## Check style, types and the rooms' imports
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	.venv/bin/lint-imports --no-cache

test: lint ## Set up what is missing and run the checks and tests
	$(RUN) -m pytest --cov --cov-report=term:skip-covered

clean: ## Remove what set-up and runs left in the project folder
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
