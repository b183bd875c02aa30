# What a person types, from a fresh clone: make demo, make test. The rest: make help.
# GNU make 3.81 and the tools of macOS suffice.

# The interpreter that .venv is built with; left empty, the newest fit one is found.
PYTHON ?=
# Another way to install: INSTALLER=pip.
INSTALLER ?= uv

# A Python of Lambda's version, for bytecode; left empty, one is looked for. BYTECODE=no builds without.
TARGET_PYTHON ?=
BYTECODE ?= yes
# For make deploy and make destroy: CONFIRM=no asks nothing, UNCOMMITTED=yes takes the tree as it is, DATA=delete all.
STAGE ?=
DRY_RUN ?=
CONFIRM ?= yes
UNCOMMITTED ?= no
DATA ?= keep

RUN := .venv/bin/python
READY := .venv/.ready
SAM := .cache/sam/.ready
TRANSLATOR := .cache/template/.ready
COMPILE := $(RUN) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --python-version 3.11 $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-long test-dynamodb test-package test-template check format prove trace bench build manifest deploy destroy audit lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

$(READY): requirements/dev.txt requirements/uv.txt infra/set_up.sh
	@PYTHON="$(PYTHON)" INSTALLER="$(INSTALLER)" sh infra/set_up.sh
	@touch $(READY)

demo: $(READY) ## the whole story on this machine; ONCE=1 ends by itself, with status 0 if it went as told
	@$(RUN) -m infra.local demo $(if $(ONCE),--once)

serve: $(READY) ## the bot alone, against the Slack, Noyo and AWS that the settings name
	@$(RUN) -m infra.local serve

test: $(READY) ## the tests; PYTEST_ARGS="-k card" passes more on
	@$(RUN) -m pytest -q -n 2 --dist worksteal $(PYTEST_ARGS)

test-long: $(READY) ## whole days of a whole Switchboard, races, random orders: what takes some seconds each
	@$(RUN) -m pytest -q -n 2 --dist worksteal -m "long and not dynamodb_local" $(PYTEST_ARGS)

test-dynamodb: $(READY) ## the store's tests on the real DynamoDB engine (needs Java and npm)
	@$(RUN) -m pytest -q -m dynamodb_local $(PYTEST_ARGS)

test-package: $(READY) ## builds the packages and runs each function in Lambda's own runtime client
	@$(RUN) -m pytest -q -m package $(PYTEST_ARGS)

test-template: $(READY) $(TRANSLATOR) ## translates template.yaml as AWS will, lints it, and holds it against what it must say
	@$(RUN) -m pytest -q -m template $(PYTEST_ARGS)

$(TRANSLATOR): requirements/template.txt | $(READY)
	@$(RUN) -m venv --clear .cache/template
	@env -u VIRTUAL_ENV -u UV_PROJECT $(RUN) -m uv pip install --quiet --python .cache/template/bin/python \
		--require-hashes -r requirements/template.txt || \
		.cache/template/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements/template.txt
	@touch $(TRANSLATOR)

check: $(READY) ## format, lint, import contracts, types
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@.venv/bin/lint-imports --no-logo --cache-dir .cache/import_linter
	@$(RUN) -m mypy

format: $(READY) ## put the format and what the linter can mend right
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

prove: $(READY) ## takes out each guard, one at a time: a test must turn red; ONLY=name takes one
	@$(RUN) -m infra.prove $(if $(ONLY),--only $(ONLY))

trace: $(READY) ## the modules of ours that a click on Retry or Approve passes; TRACE_ARGS="--limit-journey 60"
	@$(RUN) -m infra.trace $(TRACE_ARGS)

bench: $(READY) ## how fast a fresh process answers Slack
	@$(RUN) -m infra.bench $(BENCH_ARGS)

build: $(READY) ## the packages that Lambda runs, in build/; TARGET_PYTHON= names a Python 3.13, BYTECODE=no does without
	@$(RUN) -m infra.package --python "$(TARGET_PYTHON)" --bytecode "$(BYTECODE)"

manifest: $(READY) ## the Slack app's manifest, URL= the stack's output SlackUrl; COMMAND= another slash command
	@$(RUN) -m infra.manifest "$(URL)" $(if $(COMMAND),--command "$(COMMAND)")

$(SAM): requirements/deploy.txt $(READY)
	@$(RUN) -m uv venv --quiet --clear --python $(RUN) .cache/sam
	@$(RUN) -m uv pip install --quiet --python .cache/sam/bin/python --require-hashes -r requirements/deploy.txt
	@touch $(SAM)

deploy: $(SAM) ## STAGE=name of infra/stages/name.toml; shows what changes and asks; DRY_RUN=1 only says what it would run
	@$(RUN) -m infra.deploy deploy "$(STAGE)" --dry-run "$(DRY_RUN)" --confirm "$(CONFIRM)" \
		--uncommitted "$(UNCOMMITTED)" --python "$(TARGET_PYTHON)"

destroy: $(SAM) ## takes the stack of STAGE= away and keeps its data; DATA=delete takes that too
	@$(RUN) -m infra.deploy destroy "$(STAGE)" --dry-run "$(DRY_RUN)" --data "$(DATA)"

audit: $(READY) ## the audit trail of some days as JSON lines: FROM=2026-11-01 TO=2026-11-30
	@$(RUN) -m infra.audit --from "$(FROM)" --to "$(TO)"

lock: $(READY) ## writes requirements/ anew from pyproject.toml; UPGRADE=1 takes newer releases
	@$(COMPILE) pyproject.toml -o requirements/app.txt
	@$(COMPILE) --group receiver -c requirements/app.txt -o requirements/receiver.txt
	@$(COMPILE) pyproject.toml --group dev -c requirements/app.txt -o requirements/dev.txt
	@$(COMPILE) --group set-up -o requirements/uv.txt
	@$(COMPILE) --group deploy -o requirements/deploy.txt
	@$(COMPILE) --group template -o requirements/template.txt

clean: ## takes away .venv and everything made
	rm -rf .venv .cache .pytest_cache .ruff_cache .mypy_cache .hypothesis build ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
