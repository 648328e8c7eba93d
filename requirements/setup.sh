#!/usr/bin/env bash
# What the Makefile's stamp files stand for. Each step may be repeated, and says in a sentence what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The first Python of at least 3.11: PYTHON where it is set, else the usual names.
python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Spanwise needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3 setup"
}

venv() {
    local found
    found=$(python)
    if [ ! -x .venv/bin/python ]; then
        echo "Making .venv with $found"
        "$found" -m venv .venv || fail "Python's venv module does not work here. On Debian: apt-get install python3-venv"
    fi
    echo "Installing the locked Python packages"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt ||
        fail "The locked packages could not be installed: pip's reason stands above."
    touch .venv/.locked
}

# The two packages themselves; their build backend comes from the lock file, and is looked for on the path.
editable() {
    PATH="$PWD/.venv/bin:$PATH" .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
        --editable tracer --editable collector || fail "The two packages could not be installed: pip's reason stands above."
    touch .venv/.editable
}

need_node() {
    command -v npm >/dev/null || fail "The web view is built with Node 20 or newer and npm, and npm is not installed."
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
        fail "The web view is built with Node 20 or newer; this is $(node --version)."
}

# Not `npm ci`: it refuses a lock file without the binaries of other platforms, which were not to be had where it was
# made. `install --no-save` checks the same hashes and leaves the lock file as it is.
web-tools() {
    need_node
    echo "Installing the web view's tools"
    npm --prefix ui install --no-save --no-audit --no-fund --loglevel=error || fail "npm could not install the web view's tools: its reason stands above."
    touch ui/node_modules/.installed
}

web() {
    need_node
    echo "Building the web view"
    npm --prefix ui run --silent build || fail "The web view could not be built: the reason stands above."
    touch collector/spanwise_collector/static/index.html
}

chromium() {
    local name as_root=""
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then return; fi
    done
    local ask="The browser tests need Chromium: install it (on Debian: apt-get install chromium), or run the others alone: .venv/bin/pytest -m 'not browser'"
    command -v apt-get >/dev/null || fail "$ask"
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || fail "$ask"
        as_root="sudo"
    fi
    echo "Installing Debian's chromium for the browser tests"
    $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null ||
        fail "apt-get could not install chromium: its reason stands above."
}

case "${1:-}" in
    venv | editable | web-tools | web | chromium) "$1" ;;
    *) fail "usage: requirements/setup.sh venv|editable|web-tools|web|chromium" ;;
esac
