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

# A Debian package that tests need: apt PURPOSE ASK PACKAGE…
apt() {
    local purpose=$1 ask=$2 as_root=""
    shift 2
    command -v apt-get >/dev/null || fail "$ask"
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || fail "$ask"
        as_root="sudo"
    fi
    echo "Installing Debian's $1 for $purpose"
    $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends "$@" >/dev/null ||
        fail "apt-get could not install $1: its reason stands above."
}

chromium() {
    local name
    # type -P: this function has the name of the program that it looks for.
    for name in chromium chromium-browser google-chrome; do
        if [ -n "$(type -P "$name")" ]; then return; fi
    done
    apt "the browser tests" "The browser tests need Chromium: install it (on Debian: apt-get install chromium), or run the others alone: .venv/bin/pytest -m 'not browser'" \
        chromium fonts-dejavu-core
}

# A compiler for calls of the disk that fail, strace for the engine's.
faults() {
    if command -v strace >/dev/null && command -v gcc >/dev/null; then return; fi
    apt "the fault tests" "The fault tests need strace and gcc: install them (on Debian: apt-get install strace gcc libc6-dev), or run .venv/bin/pytest, which skips those tests" \
        strace gcc libc6-dev
}

# What tracer and collector are tested against: none of them is started but by the tests.
services() {
    local ask="The tests against real services need redis-server, PostgreSQL, RabbitMQ, etcd, ZooKeeper and rsyslogd: install them (on Debian: apt-get install redis-server postgresql rabbitmq-server etcd-server zookeeper rsyslog), or run the others alone: .venv/bin/pytest -m 'not services'"
    if ! { command -v redis-server && command -v rabbitmq-server && command -v etcd && [ -d /usr/share/zookeeper ] && [ -x /usr/sbin/rsyslogd ] && compgen -G '/usr/lib/postgresql/*/bin/initdb'; } >/dev/null; then
        # Debian starts what it installs: not here.
        if [ "$(id -u)" -eq 0 ] && [ ! -e /usr/sbin/policy-rc.d ]; then
            printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
            trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        fi
        apt "the tests against real services" "$ask" redis-server postgresql rabbitmq-server etcd-server zookeeper rsyslog
    fi
    if [ ! -x .venv/bin/uwsgi ]; then
        echo "Building uwsgi, which has no wheels"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/uwsgi.txt ||
            echo "uwsgi could not be built, its tests are skipped: it needs a C compiler." >&2
    fi
}

# The tracer's tests on the Python that PYTHON names, in an environment of its own beside the tree: other ARGUMENTS-OF-PYTEST
other() {
    local found version folder
    found=$(python)
    version=$("$found" -c 'import platform; print(platform.python_version())')
    folder=${TMPDIR:-/tmp}/spanwise-python-$version
    if [ ! -x "$folder/bin/pytest" ] || [ requirements/dev.txt -nt "$folder/bin/pytest" ]; then
        echo "Installing the locked Python packages for Python $version into $folder"
        "$found" -m venv "$folder" || fail "Python's venv module does not work for $found."
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt ||
            fail "The locked packages could not be installed for Python $version: pip's reason stands above."
        PATH="$folder/bin:$PATH" "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
            --editable tracer --editable collector || fail "The two packages could not be installed: pip's reason stands above."
        touch "$folder/bin/pytest"
    fi
    exec "$folder/bin/pytest" -p no:cacheprovider tests/tracer "$@"
}

case "${1:-}" in
    venv | editable | web-tools | web | chromium | faults | services) "$1" ;;
    other) "$@" ;;
    *) fail "usage: requirements/setup.sh venv|editable|web-tools|web|chromium|faults|services|other" ;;
esac
