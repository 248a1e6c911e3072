# Homeroom's commands. Each works from any state and twice in a row.
PYTHON ?= python3
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint policy golden converge benchmark data doctor clean
ROWS ?= 25000
SEED ?= 1
OUT ?= var/data

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

policy: setup ## Scan every size's stack with checkov, in an environment of its own
	@$(RUN) -m devtools.policy

golden: setup ## Renew the golden files, the schema and the costs after a change of the stack
	@$(RUN) -m devtools.golden

converge: setup ## Apply every size, zone count and egress to the embedded AWS (slow; ONLY="sandbox-S-2-nat ...")
	@$(RUN) -m devtools.converge $(ONLY)

benchmark: setup ## Measure synthesis against the plain import of its packages
	@$(RUN) benchmarks/synthesis.py

data: setup ## Make results up, in every format (ROWS=25000 SEED=1 OUT=var/data)
	@$(RUN) -m processor.data --rows $(ROWS) --seed $(SEED) --out $(OUT)

clean: ## Remove what set-up and runs left in the project folder
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
