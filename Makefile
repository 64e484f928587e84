# Everything runs from .venv, which is built from the hashed requirements.lock: by uv where it is, else by venv and pip.
# All paths are relative, so that the folder's own path may have spaces in it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo dev test sweep capacity faults filters lint bench lock clean

BIN := .venv/bin
READY := .venv/.ready

# Zones come from the pinned tzdata and never from the system's files, which may be a year behind.
export PYTHONTZPATH :=

# Sets $$python to the first Python that is new enough: not one of a virtual environment, which might be the .venv that is
# rebuilt. A name may be there and not run (shims of pyenv), so each is run.
FIND_PYTHON := for name in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	if python=$$("$$name" -c 'import sys; sys.version_info >= (3, 11) and print(sys._base_executable)' 2>/dev/null) \
		&& [ -n "$$python" ]; then break; fi; \
	python=; done; \
	if [ -z "$$python" ]; then \
		echo "OpenDoors needs Python 3.11 or newer, and there is none on the PATH (tried python3.13, python3.12," \
			"python3.11, python3 and python). Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## Run the whole product on 200 simulated prospects and check what came of it
	@$(BIN)/opendoors demo

dev: $(READY) ## Run Postgres, Temporal, a mail server, the API and a worker on this machine until Ctrl-C
	@$(BIN)/opendoors dev

test: lint ## Lint, check the types and the layers, then run every test
	$(BIN)/pytest -n 2 --dist loadfile

sweep: $(READY) ## Compare the calendar with a brute force, over every zone and change of offset from 2024 to 2030
	@$(BIN)/python -m tests.domain.calendar_sweep

capacity: $(READY) ## Let 16 workers plan and send 5,000 emails, kill some, and count which promise was broken
	@$(BIN)/python -m tests.e2e.capacity

faults: $(READY) ## Let SMTP fail at every phase, kill workers, and count what was sent twice or lost (half an hour)
	@$(BIN)/python -m tests.e2e.faults

filters: $(READY) ## Ask thousands of random filters of random contacts, in SQL and in Python, and count the differences
	@$(BIN)/python -m tests.db.filter_sweep

lint: $(READY) ## Check style, types and layers
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports

bench: $(READY) ## Measure sends, enrollments and imports on this machine
	@$(BIN)/python -m benchmarks

LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

# The second lock is what the image installs: what runs, and hatchling, which builds our own wheel there.
lock: ## Renew requirements.lock and requirements-runtime.lock (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH" >&2; exit 1; }
	$(LOCK) pyproject.toml --extra dev -o requirements.lock
	echo hatchling | $(LOCK) pyproject.toml - -c requirements.lock -o requirements-runtime.lock

clean: ## Remove .venv and every cache; what `make dev` keeps stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(FIND_PYTHON); \
	rm -f $@; \
	if command -v uv >/dev/null; then \
		echo "Building .venv with uv and $$python ..."; \
		uv venv -q --clear --python "$$python" .venv \
		&& uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock \
		&& uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	elif ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make virtual environments: install its venv module (python3-venv on Debian and" \
			"Ubuntu), or uv" >&2; exit 1; \
	else \
		echo "Building .venv with pip and $$python; this takes a minute or two ..."; \
		"$$python" -m venv --clear .venv \
		&& $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
	@echo ".venv is ready."
