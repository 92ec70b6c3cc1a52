# What to do with a checkout. Needs Python 3.11 or newer with pip, and make; nothing else.
#
#   make play        the flagship, in the terminal
#   make test        what must hold before a change is kept
#   make help        all of these
#
# Each set-up is stamped in .venv, so that a second run starts at once. PYTHON names another
# interpreter, VENV another folder: make test PYTHON=python3.13 VENV=.venv313

PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
VENV ?= .venv
SCENARIO ?= reconciliation
PYTEST_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DECLARED := pyproject.toml .ci/constraints.txt .ci/pins.py

# What Python compiles lies in .venv too, whatever the environment says of bytecode: otherwise each
# process that a test starts compiles the house anew. The checkout stays as it is.
test test-slow test-all: export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode
test test-slow test-all: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help play test test-slow test-all lint format docs picture bench pins clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

play: $(VENV)/.play  ## play the flagship in the terminal (SCENARIO=... for another)
	@trap : INT; $(BIN)/heartline play $(SCENARIO) || [ $$? -eq 130 ]  # Ctrl-C is no error

test: $(VENV)/.test  ## run the tests
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/.test  ## run the slow tests
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "slow and not timed" $(PYTEST_ARGS)
	$(BIN)/python -m pytest -q -m timed $(PYTEST_ARGS)

test-all: $(VENV)/.test  ## run all tests, the slow ones too, with a wider search and coverage
	$(BIN)/python -m coverage erase
	HEARTLINE_SEARCH=thorough $(BIN)/python -m coverage run -m pytest -q -n auto --dist worksteal -m "not slow" $(PYTEST_ARGS)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report
	$(MAKE) test-slow

lint: $(VENV)/.lint  ## check style and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

format: $(VENV)/.lint  ## lay out the code and mend what can be mended
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .

docs: $(VENV)/.docs  ## build the documentation, strictly, into site/
	$(BIN)/python -m properdocs build --strict --config-file .ci/mkdocs.yml
	@echo "The documentation is in site/index.html"

picture: $(VENV)/.docs  ## draw the README's session anew
	$(BIN)/python docs/picture.py

bench: $(VENV)/.bench  ## measure against the peers; prints a table and writes JSON
	$(BIN)/python -m benchmarks

pins: $(VENV)/.pip  ## pin all dependencies anew, with hashes, into .ci/constraints.txt
	$(PIP) uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links \
		$(foreach group,build test lint docs bench,--group $(group)) \
		--output-file .ci/constraints.txt pyproject.toml

clean:  ## remove everything that was made
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# The stamps. Each target's packages are pinned with hashes; the project itself is linked, so that
# a change in the engine needs no new set-up.
$(VENV)/.pip:
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Heartline needs Python 3.11 or newer, and this is not it: '$(PYTHON)'." \
		"Install one, or name it: make play PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

define install
	$(BIN)/python .ci/pins.py build $(1) > $(VENV)/pins.txt
	$(PIP) --require-hashes --no-deps --requirement $(VENV)/pins.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(VENV)/.play: $(DECLARED) | $(VENV)/.pip
	@echo "Setting up $(VENV), once ..."
	$(call install,)

$(VENV)/.test: $(DECLARED) | $(VENV)/.pip
	$(call install,test)

$(VENV)/.lint: $(DECLARED) | $(VENV)/.pip
	$(call install,test lint)

$(VENV)/.docs: $(DECLARED) | $(VENV)/.pip
	$(call install,docs)

$(VENV)/.bench: $(DECLARED) | $(VENV)/.pip
	$(call install,bench)
