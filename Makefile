# The two commands are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BUILD  := .build
NPM    := $(CURDIR)/scripts/with-node npm
CONSOLE := $(shell find console -path console/node_modules -prune -o -type f -print 2>/dev/null)
RUST   := $(shell find engine/core engine/python -name '*.rs' -o -name Cargo.toml 2>/dev/null) engine/Cargo.lock
# For bench/load too, whose checks and tests need the engine compiled as the engine's own do.
TARGET := $(CURDIR)/engine/target
SAY     = @printf '\n\033[1m▸ %s\033[0m\n'
# Versions that were tested together.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start our programs hundreds of times, and without its cache Python compiles all of our sources each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(BUILD)/demo $(BUILD)/console meridian-data/place/geo.table ## Set everything up and serve a demo zone until Ctrl-C
	@$(BIN)/meridian demo

# Where clients are. Everything works without it, but every client's place is unknown.
meridian-data/place/geo.table: | $(BUILD)/demo
	$(SAY) 'Installing geolocation data (about two minutes; Ctrl-C to go on without)'
	@$(BIN)/meridian place install || echo 'Going on without geolocation data; later: meridian place install'

.PHONY: console
console: $(BUILD)/console ## Build the console, which `meridian serve` serves under /console/

.PHONY: test
test: ## Set everything up and pass all tests
	@# One core compiles, another checks, a third job waits for the network. The longest part has the machine to itself.
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=line check test-rust test-console $(BUILD)/system $(BUILD)/ansible/ready
	@$(MAKE) --no-print-directory test-python

.PHONY: check
check: $(BUILD)/dev ## Formatting, lint and types, in all languages
	$(SAY) 'Checking format, lint and types'
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	for crate in engine bench/load; do (cd $$crate && cargo fmt --check && cargo clippy --target-dir $(TARGET) --all-targets --all-features -- -D warnings); done

.PHONY: test-rust
test-rust: $(BUILD)/tools ## The engine's own tests
	$(SAY) 'Testing the engine (Rust)'
	cd engine && MAKEFLAGS= cargo test --quiet --workspace --exclude meridian-engine-python # with no part in make's jobs
	cd bench/load && cargo test --quiet --target-dir $(TARGET) --all-features

# What writes most, a second time on PostgreSQL; `tests/store` works on both by itself.
ON_POSTGRESQL := $(addprefix tests/publish/test_,publisher.py sync.py two_controls.py) \
	$(addprefix tests/operations/test_,record.py change.py transaction.py policy_record.py)

.PHONY: test-python
test-python: $(BUILD)/dev $(BUILD)/system $(BUILD)/console $(BUILD)/ansible/ready ## The control plane's tests and the journeys with stock clients
	$(SAY) 'Testing the control plane and the journeys (Python)'
	$(BIN)/pytest -n auto -m 'not journey'
	MERIDIAN_TEST_DATABASE=postgresql $(BIN)/pytest -n auto $(ON_POSTGRESQL)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m journey tests/journeys tests/peers

.PHONY: test-console
test-console: $(BUILD)/console ## The console's own tests
	$(SAY) 'Testing the console (TypeScript)'
	cd console && $(NPM) test

.PHONY: format
format: $(BUILD)/dev ## Put all sources into their format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	for crate in engine bench/load; do (cd $$crate && cargo fmt); done

.PHONY: bench
bench: $(BUILD)/dev $(BUILD)/system ## Compare with other name servers, in one run
	$(BIN)/python -m bench.answers
	$(BIN)/python -m bench.propagation

.PHONY: clean
clean: ## Remove what was built; data stays
	rm -rf $(BUILD) $(VENV) engine/target bench/load/target

# --- set-up, each step once -------------------------------------------------------------------

$(BUILD)/tools:
	@scripts/need-tools $(PYTHON)
	@mkdir -p $(BUILD) && touch $@

$(BUILD)/venv: $(BUILD)/tools
	$(SAY) 'Making a Python environment in $(VENV)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(BUILD)/demo: $(BUILD)/venv pyproject.toml constraints.txt $(RUST)
	$(SAY) 'Building the engine and installing meridian (the first time takes a few minutes)'
	cd engine && cargo build --release --package meridian-engine
	$(BIN)/pip install --quiet --progress-bar on --editable '.[demo]'
	@scripts/need-dig
	@touch $@

$(BUILD)/dev: $(BUILD)/venv pyproject.toml constraints.txt $(RUST)
	$(SAY) 'Building the engine and installing meridian with its test tools (the first time takes a few minutes)'
	$(BIN)/pip install --quiet --progress-bar on --editable '.[demo,dev]'
	@touch $@

# Type-checked and bundled; node is the machine's, or one from the Python package registry.
$(BUILD)/console: $(BUILD)/venv $(CONSOLE)
	$(SAY) 'Building the console'
	cd console && $(NPM) ci --no-audit --no-fund --loglevel=error && $(NPM) run --silent build
	@touch $@

$(BUILD)/ansible/ready: $(BUILD)/venv constraints.txt scripts/need-collection
	$(SAY) "Fetching Ansible's modules for Route 53"
	@$(BIN)/python scripts/need-collection amazon/aws $(BUILD)/ansible
	@touch $@

$(BUILD)/system: $(BUILD)/tools scripts/need-peers
	$(SAY) 'Looking for dig, NATS, and the name servers that the tests compare with'
	@scripts/need-peers
	@touch $@
