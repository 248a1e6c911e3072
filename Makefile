# Homeroom's commands. Each works from any state and twice in a row.
PYTHON ?= python3

# Where it is set (images like to), every process that a test or a service starts compiles all that it imports anew:
# collecting the tests cost twice as much, and so did each start of a child.
unexport PYTHONDONTWRITEBYTECODE
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo live check test suite soak attack coverage lint policy sbom image golden messages converge faults mutants benchmark data screenshots doctor clean

help: ## List what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install everything into the project folder
	@$(PYTHON) -m devtools.bootstrap

demo: setup ## Run the portal with an example district and its results (FRESH=1 from nothing, ONCE=1 proves all and ends)
	@$(RUN) -m devtools.demo

live: setup ## Deploy a district into a real account, prove it, remove it, and report (ACCOUNT= REGION=, see docs/deployment.md)
	@$(RUN) -m devtools.live

doctor: setup ## Say which tools are used and where they come from
	@$(RUN) -m devtools.doctor

lint: setup ## Check style, templates, types and the rooms' imports
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m devtools.templates
	$(RUN) -m mypy
	.venv/bin/lint-imports --no-cache

# Two more than there are cores: who applies a stack waits half of the time, for what the provider waits for.
JOBS ?= $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) + 2 )))

# Memory for speed: see "Add a worker" in docs/operations.md.
check test suite soak coverage faults converge mutants: export GOGC ?= 400

PYTEST := $(RUN) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

check: setup ## In a minute: style, types, and the light tests of what changed (SINCE=main)
	@$(RUN) -m devtools.check $(if $(SINCE),--since $(SINCE))

# Side by side: the types are checked on one core.
test: ## Set up what is missing and run the checks and tests (JOBS= at a time)
	@$(MAKE) --no-print-directory -j2 lint suite

suite: setup
	$(PYTEST) --durations=20

soak: lint ## The long edition: every test with many more examples, the whole table of faults, every stack applied
	$(PYTEST) --durations=20 --soak
	$(MAKE) faults converge

attack: setup ## Attack suppression with every answer about made-up districts (SECONDS=600 SEED=1)
	@$(RUN) -m tests.processor.analytics --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

coverage: lint ## Run the tests and show which lines none of them reaches
	$(PYTEST) --cov --cov-report=term:skip-covered

policy: setup ## Scan every size's stack with checkov, in an environment of its own
	@$(RUN) -m devtools.policy

sbom: setup ## Write the bills of materials (CycloneDX) of both images and of what provisions (OUT=var/sbom)
	@$(RUN) -m devtools.sbom $(if $(OUT),--out $(OUT))

image: setup ## Build both images where no Docker engine runs, by buildah and mmdebstrap, and start them (ONLY=processor)
	@$(RUN) -m devtools.image $(ONLY)

golden: setup ## Renew the golden files, the schema and the costs after a change of the stack
	@$(RUN) -m devtools.golden

messages: setup ## Bring the translations in step with the texts, and compile them
	@$(RUN) -m devtools.messages

converge: setup ## Apply every size, zone count and egress to the embedded AWS (slow; ONLY="sandbox-S-2-nat ...")
	@$(RUN) -m devtools.converge $(ONLY)

faults: setup ## Play the table of faults: what dies, in which state of a run (SEED=, WORLDS=, CASES="applying-worker ...")
	@$(RUN) -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(WORLDS),--jobs $(WORLDS)) $(CASES)

mutants: setup ## Break the code on purpose, one place at a time, and see that the tests notice (ONLY="a_viewer_operates ...")
	@$(RUN) -m devtools.mutants $(ONLY)

benchmark: setup ## Measure synthesis, what a run costs beside Terraform alone, and many runs at a time (ONLY=ingest ARGS="--rows 300000")
	@for name in $(or $(ONLY),synthesis run_overhead fleet_throughput); do echo "$$name"; $(RUN) -m benchmarks.$$name $(ARGS) || exit 1; done

data: setup ## Make results up, in every format (ROWS=25000 SEED=1 OUT=var/data)
	@$(RUN) -m processor.data --rows $(or $(ROWS),25000) --seed $(or $(SEED),1) --out $(or $(OUT),var/data)

screenshots: setup ## Renew the documentation's pictures and those of every page's states (STATES=0 leaves these out)
	@$(RUN) -m devtools.screenshots

clean: ## Remove what set-up and runs left in the project folder
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
