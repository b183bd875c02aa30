# Start with make demo and make test; make help lists all commands.
# Works with GNU make 3.81 and the tools of macOS.

# The interpreter for .venv; empty for the newest suitable one.
PYTHON ?=
# INSTALLER=pip installs with pip instead of uv.
INSTALLER ?= uv

# A Python of Lambda's version, for bytecode; empty to search for one. BYTECODE=no builds without bytecode.
TARGET_PYTHON ?=
BYTECODE ?= yes
# For make deploy, make carriers and make destroy: CONFIRM=no does not ask, UNCOMMITTED=yes allows uncommitted changes,
# DATA=delete also deletes the data.
STAGE ?=
DRY_RUN ?=
CONFIRM ?= yes
UNCOMMITTED ?= no
DATA ?= keep

# For make explore: the examples of each state machine, and the first seed; empty for a random one.
EXAMPLES ?= 20000
SEED ?=

# For make demo: small, or large for 3,000 groups.
WORLD ?= small

# For make memory: how many minutes pass.
MINUTES ?= 3600

# For make demo: SLACK=real and NOYO=sandbox use the real services. Only the command line sets these two, never the
# environment, so that a stray variable sends nothing to a real service.
SLACK := fake
NOYO := fake

RUN := .venv/bin/python
READY := .venv/.ready
SAM := .cache/sam/.ready
TRANSLATOR := .cache/template/.ready
COMPILE := $(RUN) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --python-version 3.11 $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-long explore test-dynamodb test-package test-template test-browser pictures check format prove trace bench memory build manifest deploy carriers destroy audit lock clean

help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

$(READY): requirements/dev.txt requirements/uv.txt infra/set_up.sh
	@PYTHON="$(PYTHON)" INSTALLER="$(INSTALLER)" sh infra/set_up.sh
	@touch $(READY)

demo: $(READY) ## serves a page for trying the bot on this machine; WORLD=large has more data, ONCE=1 plays a story and exits
	@$(RUN) -m infra.local demo --world "$(WORLD)" --slack "$(SLACK)" --noyo "$(NOYO)" $(if $(ONCE),--once)

serve: $(READY) ## runs the bot with the Slack, Noyo and AWS of the settings
	@$(RUN) -m infra.local serve

test: $(READY) ## runs the tests; PYTEST_ARGS="-k card" passes arguments to pytest
	@$(RUN) -m pytest -q -n 2 --dist worksteal $(PYTEST_ARGS)

test-long: $(READY) ## runs the long tests: whole-system days, races, random orders
	@$(RUN) -m pytest -q -n 2 --dist worksteal -m "long and not dynamodb_local" $(PYTEST_ARGS)

explore: $(READY) ## runs the state machines; EXAMPLES=20000 for each, SEED=0 repeats a run
	@STATE_MACHINE_EXAMPLES=$(EXAMPLES) \
		STATE_MACHINE_SEED=$(or $(SEED),$$($(RUN) -c "import secrets; print(secrets.randbelow(10**9))")) \
		$(RUN) -m pytest -q -rP --show-capture=stdout -n 2 --dist worksteal -m long tests/test_cards_state_machine.py \
		tests/test_decisions_state_machine.py $(PYTEST_ARGS)

test-dynamodb: $(READY) ## runs the storage tests on DynamoDB Local (needs Java and npm)
	@$(RUN) -m pytest -q -m dynamodb_local $(PYTEST_ARGS)

test-package: $(READY) ## builds the packages and runs each function in Lambda's runtime client
	@$(RUN) -m pytest -q -m package $(PYTEST_ARGS)

test-browser: $(READY) ## uses the demo's page in Chromium, which must be installed
	@$(RUN) -m pytest -q -m browser $(PYTEST_ARGS)

pictures: $(READY) ## takes the pictures of the README from the gallery, with Chromium
	@$(RUN) -m infra.local.gallery.pictures docs/pictures

test-template: $(READY) $(TRANSLATOR) ## translates, lints and checks template.yaml
	@$(RUN) -m pytest -q -m template $(PYTEST_ARGS)

$(TRANSLATOR): requirements/template.txt | $(READY)
	@$(RUN) -m venv --clear .cache/template
	@env -u VIRTUAL_ENV -u UV_PROJECT $(RUN) -m uv pip install --quiet --python .cache/template/bin/python \
		--require-hashes -r requirements/template.txt || \
		.cache/template/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements/template.txt
	@touch $(TRANSLATOR)

check: $(READY) ## checks format, lint, import contracts and types
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@.venv/bin/lint-imports --no-logo --cache-dir .cache/import_linter
	@$(RUN) -m mypy

format: $(READY) ## formats the code and applies the linter's fixes
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

prove: $(READY) ## removes each guard, one at a time: a test must fail; ONLY=name selects one
	@$(RUN) -m infra.prove $(if $(ONLY),--only $(ONLY))

trace: $(READY) ## lists the modules that a click on Retry or Approve passes; TRACE_ARGS="--limit-journey 60"
	@$(RUN) -m infra.trace $(TRACE_ARGS)

bench: $(READY) ## measures the cold start, and the search among 100,000 records (needs Java and npm)
	@$(RUN) -m infra.bench $(BENCH_ARGS)
	@$(RUN) -m infra.bench.search $(SEARCH_ARGS)

memory: $(READY) ## measures how much the demo's memory grows while nobody uses it; MINUTES=3600
	@$(RUN) -m infra.local.memory --minutes $(MINUTES)

build: $(READY) ## builds the packages for Lambda in build/; TARGET_PYTHON= names a Python 3.13
	@$(RUN) -m infra.package --python "$(TARGET_PYTHON)" --bytecode "$(BYTECODE)"

manifest: $(READY) ## prints the Slack app's manifest; URL= the stack's output SlackUrl or SOCKET_MODE=yes, COMMAND= another slash command
	@$(RUN) -m infra.manifest $(if $(filter yes,$(SOCKET_MODE)),--socket-mode,"$(URL)") $(if $(COMMAND),--command "$(COMMAND)")

$(SAM): requirements/deploy.txt $(READY)
	@$(RUN) -m uv venv --quiet --clear --python $(RUN) .cache/sam
	@$(RUN) -m uv pip install --quiet --python .cache/sam/bin/python --require-hashes -r requirements/deploy.txt
	@touch $(SAM)

deploy: $(SAM) ## deploys STAGE=name (infra/stages/name.toml) after a confirmation; DRY_RUN=1 only prints the commands
	@$(RUN) -m infra.deploy deploy "$(STAGE)" --dry-run "$(DRY_RUN)" --confirm "$(CONFIRM)" \
		--uncommitted "$(UNCOMMITTED)" --python "$(TARGET_PYTHON)"

carriers: $(READY) ## uploads the carriers of STAGE=name, which the running bot uses within two minutes; DRY_RUN=1
	@$(RUN) -m infra.deploy carriers "$(STAGE)" --dry-run "$(DRY_RUN)"

destroy: $(SAM) ## deletes the stack of STAGE= and keeps its data; DATA=delete deletes the data too
	@$(RUN) -m infra.deploy destroy "$(STAGE)" --dry-run "$(DRY_RUN)" --data "$(DATA)"

audit: $(READY) ## exports the audit log as JSON lines: FROM=2026-11-01 TO=2026-11-30
	@$(RUN) -m infra.audit --from "$(FROM)" --to "$(TO)"

lock: $(READY) ## updates requirements/ from pyproject.toml; UPGRADE=1 upgrades the releases
	@$(COMPILE) pyproject.toml -o requirements/app.txt
	@$(COMPILE) --group receiver -c requirements/app.txt -o requirements/receiver.txt
	@$(COMPILE) pyproject.toml --group dev -c requirements/app.txt -o requirements/dev.txt
	@$(COMPILE) --group set-up -o requirements/uv.txt
	@$(COMPILE) --group deploy -o requirements/deploy.txt
	@$(COMPILE) --group template -o requirements/template.txt

clean: ## deletes .venv and all generated files
	rm -rf .venv .cache .pytest_cache .ruff_cache .mypy_cache .hypothesis build ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
