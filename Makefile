# `make test` and `make demo` need only Python 3.11 or newer, git and make; they set up the rest in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m
READY  := $(VENV)/.ready
FAST   := tests/unit tests/cli tests/docs
SLOW   := $(patsubst %/,%,$(sort $(dir $(wildcard $(foreach suite,corpus faults lab,tests/$(suite)/test_*.py)))))
PYTEST := $(RUN) pytest -q

.PHONY: help setup test check fast slow coverage demo faults lab lab-tests bench clean

help:
	@echo "make test      set up, check the code, run all tests (a seeded slice of the long campaigns)"
	@echo "make demo      set up, then run the main job for real in ./demo"
	@echo "make check     format, lint, types, layers"
	@echo "make fast      the tests that need nothing but Python"
	@echo "make coverage  the same with branch coverage"
	@echo "make faults    kills, full disks and locked files, the whole campaign"
	@echo "make lab       the hosts of the sample workspace answer, until Ctrl-C (root)"
	@echo "make lab-tests connectors against real servers on loopback (root)"
	@echo "make bench     measure, beside other tools"
	@echo "make clean     remove what these made"
	@echo "Another Python: make PYTHON=python3.12 test"

setup: $(READY)

$(READY): pyproject.toml constraints.txt .ci/packages tests/lab/packages.txt
	@.ci/packages "$(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@# Kerberos compiles: only where its headers are; the lab needs it, users may do without.
	@if command -v krb5-config >/dev/null; then $(RUN) pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[kerberos]' || echo "without Kerberos"; fi
	@touch $(READY)

test: check fast slow

check: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(RUN) mypy
	$(BIN)/lint-imports --no-logo

fast: $(READY)
	$(PYTEST) -n 2 $(FAST)

slow: $(READY)
	$(if $(SLOW),$(PYTEST) -n 2 --dist loadfile $(SLOW))

coverage: $(READY)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q $(FAST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing

demo: $(READY)
	@$(BIN)/ict demo demo --yes

faults: $(READY)
	ICT_FAULTS=full $(PYTEST) tests/faults

lab: $(READY)
	@PYTHONPATH=tests $(RUN) lab.hands_on

lab-tests: $(READY)
	$(PYTEST) tests/lab

bench: $(READY)
	set -e; for each in bench/*.py; do echo "== $$each"; $(BIN)/python "$$each"; done

clean:
	rm -rf $(VENV) build dist demo htmlcov .coverage .coverage.* .hypothesis
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
