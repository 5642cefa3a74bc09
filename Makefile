# make demo: everything from a fresh clone to a judged prefecture.   make test: every check.
PYTHON ?= python3
SHELL := /bin/sh
BIN := .venv/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check -q
LOCK := $(PY) -m piptools compile -q --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: demo install install-dev test lint format benchmark lock clean
.DELETE_ON_ERROR:

demo: install
	$(BIN)/liangzhen demo demo

install: .venv/installed

install-dev: .venv/installed-dev

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'liangzhen needs Python 3.11 or newer; name it with: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'This Python cannot make environments; install its venv module (Debian, Ubuntu: apt-get install python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/made requirements.txt pyproject.toml hatch_build.py maps/frontend/package-lock.json
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

test: lint
	$(PY) -m pytest

lint: install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) docs/check.py
	$(PY) docs/write_issues.py --check
	$(PY) docs/write_measures.py --check

format: install-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

benchmark: install-dev
	$(PY) -m benchmarks.run

lock: install-dev
	$(LOCK) --upgrade --extra fast --all-build-deps -o requirements.txt pyproject.toml
	$(PY) -c 'import tomllib, pathlib; groups = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8")); print(*groups["dependency-groups"]["dev"], sep="\n")' > .venv/dev.in
	$(LOCK) --upgrade -c requirements.txt -o requirements-dev.txt .venv/dev.in

clean:
	rm -rf .venv build dist demo maps/assets .mypy_cache .ruff_cache .pytest_cache .hypothesis
