# Everything a maintainer runs, each one line. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Where it is set, each of the hundreds of processes that the tests start compiles every module of ours for itself.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SETUP := requirements/setup.sh
WEB := collector/spanwise_collector/static/index.html
WEB_SOURCES := $(shell find ui/src ui/public ui/index.html ui/vite.config.ts ui/svelte.config.js ui/tsconfig.json -type f 2>/dev/null)
MANIFESTS := tracer/pyproject.toml collector/pyproject.toml
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-package spanwise --no-emit-package spanwise-collector -c requirements/constraints.in --custom-compile-command 'make lock'

# More words for the tool behind a target: `make test ARGS='tests/tracer -k baggage'`, `make bench ARGS='--seconds 60'`.
ARGS ?=
# How often `make test` runs a test again that failed.
RERUNS ?= 0
BESIDE = --reruns $(RERUNS) --dist loadfile --no-loadscope-reorder
# Begun first, so that none of them is alone at the end.
LONGEST := tests/e2e/ tests/faults/ tests/collector/store/ tests/fuzz/ tests/contract/
# It waits until a real shop that is slow is found to be: beside tests that take the cores for themselves, all of it is.
CALM := tests/e2e/test_screens.py
# What needs one core and no calm, on the other one meanwhile.
BESIDE_CALM := tests/tracer/ tests/packaging/ tests/typing/ tests/architecture/
# Of the collector's by folder: where one argument is inside another, pytest forgets which came first.
OTHERS := $(filter-out $(LONGEST) $(BESIDE_CALM) tests/collector/ %__pycache__/,$(wildcard tests/*/ tests/collector/test_*.py tests/collector/*/))

.PHONY: browser services faults $(shell awk -F: '/^[a-z-]+:.*## / {print $$1}' Makefile)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup: .venv/.editable $(WEB) ## virtual environment from the lock files, web view built; instant when nothing changed

up: setup ## start collector, store and web view in one process (SPANWISE_DATA, SPANWISE_HTTP, SPANWISE_GRPC are passed on)
	@exec $(BIN)/spanwise up $(ARGS)

demo: setup ## the same with the shop of examples/ sending to it; Ctrl-C stops both
	@exec $(BIN)/python -m examples.demo $(ARGS)

test: setup browser services faults ## every test of every part, the browser's and those against real services included
	@npm --prefix ui test
	@$(if $(ARGS),$(BIN)/pytest $(ARGS),$(BIN)/pytest $(BESIDE) -n 2 $(CALM) $(BESIDE_CALM) && $(BIN)/pytest $(BESIDE) -n 3 --ignore $(CALM) $(LONGEST) $(OTHERS))

test-python: ## the tracer's tests on another Python, in an environment of its own: PYTHON=python3.13
	@bash $(SETUP) other $(ARGS)

check: setup ## format, lint, types, import rules, the web view's checks and unit tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@npm --prefix ui run check
	@npm --prefix ui run size
	@npm --prefix ui test

fmt: setup ## format everything, and mend what the linters can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@npm --prefix ui run fmt

ui: ui/node_modules/.installed ## the web view on a development server that reloads; it asks a collector on 4318
	@npm --prefix ui run dev

lock: .venv/.locked ## write the lock files anew from the pyproject files (ARGS=--upgrade takes newer versions)
	@$(COMPILE) $(ARGS) -o requirements/collector.txt collector/pyproject.toml
	@$(COMPILE) $(ARGS) -c requirements/collector.txt -o requirements/dev.txt --extra all --extra grpc --extra jaeger --extra xray $(MANIFESTS) examples/shop/requirements.in --group pyproject.toml:dev
	@$(COMPILE) $(ARGS) -c requirements/dev.txt -o examples/shop/requirements.txt examples/shop/requirements.in

wheels: setup ## both distributions in dist/, the web view packed into the collector's
	@for part in tracer collector; do PATH="$$PWD/$(BIN):$$PATH" uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist $$part; done
	@ls -l dist

bench: setup ## the collector's figures, from real processes on this machine (docs/bench.md)
	@$(BIN)/python -m bench $(ARGS)

bench-layouts: setup ## ways to lay out the table of spans, measured beside each other; half an hour
	@$(BIN)/python -m bench.layouts $(ARGS)

bench-diagnosis: setup ## how often the verdict names the culprit of real faults, beside simpler rules
	@$(BIN)/python -m bench.diagnosis $(ARGS)

bench-patterns: setup ## how well log lines are grouped to templates, beside Drain3; ARGS='FILE.csv' for lines of your own
	@$(BIN)/python -m bench.patterns $(ARGS)

bench-tracer: setup ## what the tracer costs a request, beside others; ARGS=--sick: while the collector is ill
	@$(BIN)/python -m bench.tracer $(ARGS)

bench-ui: setup browser ## what the web view costs on traces of 1,000, 100,000 and 1,000,000 spans: time to open, frames, heap, sizes
	@$(BIN)/python -m bench.ui $(ARGS)

fuzz: setup ## every decoder against hundreds of thousands of mutated bodies; the executions are counted (tests/fuzz)
	@SPANWISE_FUZZ_ROUNDS=$${SPANWISE_FUZZ_ROUNDS:-200000} $(BIN)/pytest tests/fuzz --timeout 0 -s $(ARGS)

soak: setup ## a thousand kills under load, a trace of a million spans, 20,000 queries, lists walked at 20,000 spans/s: counted
	@SPANWISE_KILLS=$${SPANWISE_KILLS:-1000} SPANWISE_MASS=$${SPANWISE_MASS:-1000000} SPANWISE_QUERIES=$${SPANWISE_QUERIES:-20000} SPANWISE_RATE=$${SPANWISE_RATE:-20000} $(BIN)/pytest tests/faults/test_kill.py tests/collector/query/test_odd_traces.py tests/collector/query/test_query_language.py tests/collector/query/test_cursor_walk.py --timeout 0 -s $(ARGS)

pictures: setup browser ## take the README's pictures from the running demo
	@$(BIN)/python -m examples.pictures $(ARGS)

browser:
	@bash $(SETUP) chromium

services:
	@bash $(SETUP) services

faults:
	@bash $(SETUP) faults

clean: ## remove what was built and installed here, not the data
	@rm -rf .venv dist ui/node_modules collector/spanwise_collector/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/.locked: requirements/dev.txt $(SETUP)
	@bash $(SETUP) venv

.venv/.editable: .venv/.locked $(MANIFESTS)
	@bash $(SETUP) editable

ui/node_modules/.installed: ui/package.json ui/package-lock.json
	@bash $(SETUP) web-tools

$(WEB): ui/node_modules/.installed $(WEB_SOURCES)
	@bash $(SETUP) web
