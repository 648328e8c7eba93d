# Everything a maintainer runs, each one line. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
SETUP := requirements/setup.sh
WEB := collector/spanwise_collector/static/index.html
WEB_SOURCES := $(shell find ui/src ui/public ui/index.html ui/vite.config.ts ui/svelte.config.js ui/tsconfig.json -type f 2>/dev/null)
MANIFESTS := tracer/pyproject.toml collector/pyproject.toml
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-package spanwise --no-emit-package spanwise-collector -c requirements/constraints.in --custom-compile-command 'make lock'

# More words for the tool behind a target: `make test ARGS='tests/tracer -k baggage'`, `make bench ARGS='--seconds 60'`.
ARGS ?=

.PHONY: help setup up demo test check fmt ui lock wheels bench bench-diagnosis bench-tracer soak pictures browser clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: .venv/.editable $(WEB) ## virtual environment from the lock files, web view built; instant when nothing changed

up: setup ## start collector, store and web view in one process (SPANWISE_DATA, SPANWISE_HTTP, SPANWISE_GRPC are passed on)
	@exec $(BIN)/spanwise up $(ARGS)

demo: setup ## the same with the shop of examples/ sending to it; Ctrl-C stops both
	@exec $(BIN)/python -m examples.demo $(ARGS)

test: setup browser ## every test of every part, the browser's included
	@npm --prefix ui test
	@$(BIN)/pytest $(ARGS)

check: setup ## format, lint, types, import rules, the web view's checks and unit tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@npm --prefix ui run check
	@npm --prefix ui test

fmt: setup ## format everything, and mend what the linters can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@npm --prefix ui run fmt

ui: ui/node_modules/.installed ## the web view on a development server that reloads; it asks a collector on 4318
	@npm --prefix ui run dev

lock: .venv/.locked ## write the lock files anew from the pyproject files (ARGS=--upgrade takes newer versions)
	@$(COMPILE) $(ARGS) -o requirements/collector.txt collector/pyproject.toml
	@$(COMPILE) $(ARGS) -c requirements/collector.txt -o requirements/dev.txt --extra all --extra jaeger --extra xray $(MANIFESTS) examples/shop/requirements.in --group pyproject.toml:dev
	@$(COMPILE) $(ARGS) -c requirements/dev.txt -o examples/shop/requirements.txt examples/shop/requirements.in

wheels: setup ## both distributions in dist/, the web view packed into the collector's
	@for part in tracer collector; do PATH="$$PWD/$(BIN):$$PATH" uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist $$part; done
	@ls -l dist

bench: setup ## the collector's figures, from real processes on this machine (docs/bench.md)
	@$(BIN)/python -m bench $(ARGS)

bench-diagnosis: setup ## how often the verdict names the culprit of real faults, beside simpler rules
	@$(BIN)/python -m bench.diagnosis $(ARGS)

bench-tracer: setup ## what the tracer costs a request
	@$(BIN)/python -m bench.tracer $(ARGS)

soak: setup ## kill the collector a thousand times while it takes spans, and count what is found
	@SPANWISE_KILLS=$${SPANWISE_KILLS:-1000} $(BIN)/pytest tests/faults/test_kill.py --timeout 0 -s $(ARGS)

pictures: setup browser ## take the README's pictures from the running demo
	@$(BIN)/python -m examples.pictures $(ARGS)

browser:
	@bash $(SETUP) chromium

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
