# Two commands for newcomers: `make demo` and `make test`. Everything else is for those who work here.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := requirements/dev.txt
# The stamp carries the lock's hash: an interrupted or outdated install is repeated, a finished one is not.
STAMP  := $(VENV)/.installed-$(shell cksum $(LOCK) pyproject.toml | cksum | cut -d' ' -f1)

.PHONY: demo test check lint format assets lock schema reference bench clean

demo: $(STAMP) assets
	$(BIN)/opsgraph demo

test: $(STAMP)
	$(BIN)/pytest -n 2

check: lint test

# Format, lint, import contracts, types: everything of `make check` but the tests.
lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# GraphiQL, built from npm where Node is present; without it the gateway shows a plain page.
assets:
	@$(PYTHON) core/http/graphiql/build.py

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "opsgraph needs Python 3.11 or newer; say which with make PYTHON=python3.12"; exit 1; }
	@rm -f $(VENV)/.installed-*
	@$(BIN)/python -c 'import pip' >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) 2>/dev/null || \
	  { $(PYTHON) -m pip install --quiet --user virtualenv && $(PYTHON) -m virtualenv --clear --quiet $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# Renew the lock after a change in pyproject.toml (needs uv).
lock:
	uv pip compile pyproject.toml --extra postgres --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra postgres --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt

# The committed SDL: a change of it is an API change, and shows as one.
schema: $(STAMP)
	$(BIN)/opsgraph schema > tests/graph/schema.graphql

# The reference of the plugin API, made from the code.
reference: $(STAMP)
	$(BIN)/python -m core.published > docs/reference/hooks.md

# The gateway beside its peers: needs wrk and npm, and 15 minutes; docs/benchmarks.md explains it.
# `make bench BENCH="--quick --only Q1,Q3"` runs a part, BENCH=--record keeps a full run there.
bench: $(STAMP)
	@$(BIN)/python -m tests.benchmarks $(BENCH)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
