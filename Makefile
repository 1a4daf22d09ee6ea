# Two commands: `make chat` and `make test`. Each sets up .venv first, and is quick when nothing has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export ASSISTANT_DATA_DIR ?= .assistant

.PHONY: chat test check eval bench clean

chat: $(READY)
	$(BIN)/assistant index seeds
	$(BIN)/assistant web --open

test: $(READY)
	$(BIN)/python -m pytest $(TESTS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: $(READY)
	$(BIN)/python -m evals $(ARGS)

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(ARGS)

$(VENV)/.bench: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[bench]'
	touch $@

# The lock holds what `pip install -e '.[dev,…]'` resolved to; see docs/development.md for renewing it.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock \
		-e '.[dev,openai,anthropic,ollama,openai-like,huggingface,tracing]'
	touch $@

clean:
	rm -rf $(VENV) .assistant
