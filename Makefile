# Every room of the house opens with one command. `make help` lists them.
VENV    ?= .venv
PYTHON  ?= python3
PY      := $(VENV)/bin/python
SOURCES := $(shell find src scripts segments presets -type f -not -name '*.pyc') docs/quotaline.1 pyproject.toml
PIP     := $(PY) -m pip --disable-pip-version-check install -qq --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run install test quick matrix check lint types pytest format defaults reference pictures cells bench bench-shells bench-transcripts bench-ccusage bench-refresh bench-forecast bench-fleet programs mutants fuzz prices clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.tools: constraints.txt pyproject.toml
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PIP) pip
	@$(PIP) --group dev
	@touch $@

# The wheel, not an editable install: what is tested and measured is what is installed.
$(VENV)/.installed: $(VENV)/.tools $(SOURCES)
	@$(PIP) --no-build-isolation --force-reinstall --no-deps .
	@$(PIP) --no-build-isolation .
	@touch $@

install: $(VENV)/.installed ## install quotaline and the tools into .venv

run: install ## show the line and the usage overview for this machine, or for the bundled sample
	@$(PY) -m quotaline.preview.sample

test: install lint types pytest ## everything that must hold: linters, types, tests

quick: install ## the tests that start no process, in seconds: after each change
	@$(PY) -m pytest -q -n auto -m "not slow"

matrix: ## the quick tests on each Python that is here, and on the lowest allowed dependencies
	@$(PYTHON) bench/matrix.py

check: lint types ## linters and types only

lint: $(VENV)/.tools
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check .

types: install
	@$(VENV)/bin/mypy --no-error-summary

bench-fleet: install ## measure a fleet: a refresh without its server, a push, a month of a thousand machines; needs PostgreSQL
	@$(PY) bench/fleet.py

programs: ## install the shells and tools that the tests drive: as root on Debian; elsewhere say which are missing
	@$(PYTHON) tests/programs.py

pytest: install programs
	@$(PY) -m pytest -q -n auto

format: $(VENV)/.tools ## put the code into shape
	@$(VENV)/bin/ruff check --quiet --fix .
	@$(VENV)/bin/ruff format --quiet .

defaults: install ## compile the shipped segments into what is shown before the first refresh
	@$(PY) -c "import json; from quotaline.config.segments import shipped_defaults as d; print(json.dumps(d(), separators=(',', ':'), sort_keys=True))" > defaults.new
	@mv defaults.new src/quotaline/core/defaults.json

reference: install ## write what the code knows: the tables of README.md, the schema of config.toml, the man page
	@$(PY) docs/reference.py
	@$(PY) docs/man_page.py

pictures: install ## draw docs/pictures from what the commands print
	@$(PY) docs/pictures.py

cells: ## write the width tables from Unicode; PYTHON=python3.13 chooses whose
	@$(PYTHON) docs/cells.py

bench: install ## measure the prompt path against a bare interpreter, pair by pair
	@$(PY) bench/prompt.py

bench-shells: install ## measure the shell hooks against /bin/true and starship, and count their processes
	@$(PY) bench/shells.py

bench-transcripts: install ## measure the ledger on 2 GB of transcripts of two shapes against native ccusage; needs 10 GB and npm
	@$(PY) bench/transcripts.py

bench-ccusage: install ## compare history --format ccusage with native ccusage on the same corpora; needs 3 GB and npm
	@$(PY) bench/ccusage.py

bench-refresh: install ## measure a refresh with nothing new, and an export: 3, 10 and 200 windows, a ledger of a year
	@$(PY) bench/refresh.py

bench-forecast: install ## measure the forecast's models on 200 made people; a few minutes
	@$(PY) bench/forecast.py

mutants: install ## break the code in 200 places and see whether the tests notice; takes an hour
	@$(PY) bench/mutants.py

fuzz: install ## feed damaged samples to each parser; with atheris where it installs, else with hypothesis
	-@$(PIP) --only-binary :all: atheris 2>/dev/null
	@$(PY) bench/fuzz.py

prices: install ## write the price table anew from genai-prices
	@$(PY) -m quotaline.prices.generate src/quotaline/prices/table.py

clean: ## remove what make made
	rm -rf $(VENV) .matrix dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
