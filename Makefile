# The commands of this project. `make check test` is what CI runs; everything it needs is fetched first.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup tools ready check test test-unit test-shell test-ollama test-vllm bench bench-remote bench-peers bench-settings bench-quality bench-safety bench-fuzz endure picture clean

BIN := .venv/bin
# A CARO_HOME that only holds the models of the tests, outside the checkout so that it outlives `make clean`.
export CARO_TEST_MODELS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/caro/test-home
SH_FILES := install.sh .ci/run tests/bootstrap.sh

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make .venv, with caro editable and the test tools (about 5 minutes the first time)

.venv/.ready: pyproject.toml install.sh $(wildcard installer/*.sh)
	./install.sh --dev
	@touch $@

tools: ## Get zsh, fish, tmux, bubblewrap and a compiler where they are missing
	@tests/bootstrap.sh tools

ready: tools setup ## ... and .venv, and the models the tests use
	@tests/bootstrap.sh models

check: tools setup ## Style, types and the syntax of every script
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/shellcheck -x $(SH_FILES) shell/caro.bash
	bash -n shell/caro.bash
	zsh -n shell/caro.zsh
	fish -n shell/caro.fish

test: ready ## Every test: unit, the three shells on a terminal, the real model
	$(BIN)/pytest

test-unit: setup ## What needs no shell, terminal or model: seconds
	$(BIN)/pytest -m "not shell and not tmux and not model and not slow"

test-shell: ready ## The three shells on a terminal, and under tmux
	$(BIN)/pytest -m "shell or tmux"

test-ollama: ready ## Test against a real Ollama, at CARO_TEST_OLLAMA_URL
	@test -n "$$CARO_TEST_OLLAMA_URL" || { echo "set CARO_TEST_OLLAMA_URL, as http://127.0.0.1:11434" >&2; exit 2; }
	$(BIN)/pytest -m ollama

test-vllm: ready ## Test against a real vLLM on this processor (4 GB the first time, kept)
	$(BIN)/python tests/vllm_server.py

bench: ready ## Time a key press and its parts on this machine
	$(BIN)/python benchmarks/press.py

bench-remote: ready ## Time a key press that a server answers, over the bare call
	$(BIN)/python benchmarks/remote.py

bench-peers: ready ## Time it beside other programs' commands, and draw docs/speed.svg
	$(BIN)/python benchmarks/peers.py --svg docs/speed.svg

bench-settings: ready ## Try llama.cpp's settings against caro's own (10 minutes)
	$(BIN)/python benchmarks/settings.py

MODEL ?= q4
SPLIT ?= dev
bench-quality: export CARO_HOME := $(or $(CARO_HOME),$(CARO_TEST_MODELS))
bench-quality: tools setup ## Run and judge what a model writes: MODEL=q4 SPLIT=dev FLAGS=--gate
	$(BIN)/caro model pull --quiet $(MODEL)
	$(BIN)/caro bench quality --model $(MODEL) --split $(SPLIT) $(FLAGS)

bench-safety: setup ## How often the judge of risks is right, and how fast: FLAGS='--split test'
	$(BIN)/python benchmarks/judged.py $(FLAGS)

bench-fuzz: setup ## Fuzz what reads lines, answers, records and settings: FLAGS=--plant
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python benchmarks/fuzz.py $(FLAGS)

endure: ready ## Press the key 500 times and kill the daemon 50 times (20 minutes)
	$(BIN)/python benchmarks/endure.py

picture: ready ## Draw the README's picture from a real session
	$(BIN)/python docs/picture.py

clean: ## Remove what these commands made here (the caches of wheels and models stay)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
