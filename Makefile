# Two commands: `make demo` and `make test`. They need python3 (3.11 or newer) with venv, make, and a package index.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= auto

.PHONY: help demo test check bench docs format lock fuzz clean

help:
	@echo "make demo    a vulnerable shop and its protected twin, proved side by side"
	@echo "make test    the whole test suite"
	@echo "make check   format, lint, types, layers"
	@echo "make bench   every benchmark; JSON to bench/results.json"
	@echo "make docs    the guide's examples, run as tests, and its site in build/site"
	@echo "make format  rewrite the sources as 'make check' wants them"
	@echo "make lock    pin the dependencies again"

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hauberk needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	@touch $@

# Pinned with hashes; then this checkout itself, which brings no further dependency.
.venv/demo: .venv/made requirements/demo.txt pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements/demo.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/test: .venv/made requirements/test.txt pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/demo

.venv/docs: .venv/test requirements/docs.txt
	$(PIP) install --quiet --require-hashes -r requirements/docs.txt
	@touch $@

.venv/bench: .venv/test requirements/bench.txt
	$(PIP) install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

demo: .venv/demo
	$(BIN)/hauberk demo

test: .venv/test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/bench
	$(BIN)/python -m bench

# Examples run as tests; then the site, with the reference out of the code, in build/site.
docs: .venv/docs
	$(BIN)/python -m pytest tests/docs
	$(BIN)/python -m guide
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

format: .venv/test
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# Hashes, and no address of any index: it is the reader's own that is used.
UVBIN ?= $(BIN)/uv
UV := $(UVBIN) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate
lock: .venv/made
	$(PIP) install --quiet uv
	$(UV) --extra demo --group build -o requirements/demo.txt
	$(UV) --all-extras --group build --group test --group check -o requirements/test.txt
	$(UV) --all-extras --group build --group test --group check --group docs -o requirements/docs.txt
	$(UV) --all-extras --group build --group test --group check --group bench -o requirements/bench.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist demo-report.html
