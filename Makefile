# The commands of this repository. `make help` lists them.

VENV := .venv
PYTHON_BIN := $(VENV)/bin/python
# Processes that share the tests, each file whole in one: half of what they do keeps one core busy.
TEST_JOBS ?= 2

# EGL complains where no XDG run-time folder is set; scripts/setup.sh makes this one.
ifeq ($(strip $(XDG_RUNTIME_DIR)),)
export XDG_RUNTIME_DIR := $(CURDIR)/$(VENV)/runtime
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint soak bench clean distclean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: ## make the virtual environment, install, look for a driver
	@scripts/setup.sh $(SETUP_FLAGS)

demo: setup ## run the crowd example headless and save a picture
	@mkdir -p demo
	@$(VENV)/bin/astraweave run crowd --headless --png demo/crowd.png

test: SETUP_FLAGS := --with-display
test: lint ## lint, types, tests and coverage
	$(PYTHON_BIN) -m pytest -n $(TEST_JOBS) --dist loadfile \
		--cov --cov-report=term-missing:skip-covered

lint: setup ## lint, formatting and types
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(PYTHON_BIN) -m mypy

soak: setup ## the long proofs: thousands of runs, for hours
	$(PYTHON_BIN) -m tests.soak

# BENCH_FLAGS=--quick leaves out the sizes that a software adapter is too slow for.
bench: setup ## benchmarks of this machine: perf/results/ and build/benchmark.json
	@mkdir -p build
	$(PYTHON_BIN) -m perf.run $(BENCH_FLAGS)
	$(PYTHON_BIN) -m perf.report
	$(PYTHON_BIN) -m pytest perf --benchmark-only \
		--benchmark-columns=median,min,max,rounds --benchmark-json=build/benchmark.json

clean: ## remove everything that was made here except the virtual environment
	rm -rf build dist demo htmlcov .coverage .coverage.* .benchmarks .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## the same and the virtual environment
	rm -rf $(VENV)
