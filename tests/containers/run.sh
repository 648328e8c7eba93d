#!/usr/bin/env bash
# Builds the images without a registry and starts them for real: `tests/containers/run.sh`, as root on Debian.
#
# Base images are made by debootstrap, with this machine's certificates and, where Debian's Node is too old, this
# machine's Node. `run.sh bases`, `build`, `keys`, `collector` and `compose` run one step; without a word all run.
# Needs: apt-get install podman runc buildah debootstrap, and podman-compose from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."

WORK=${SPANWISE_CONTAINERS:-${TMPDIR:-/tmp}/spanwise-containers}
PYTHON_BASE=localhost/spanwise-test-python
NODE_BASE=localhost/spanwise-test-node
LIMITS=(--ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
RUN=(podman --runtime runc run --network host "${LIMITS[@]}")
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

say() { printf '\n== %s\n' "$*"; }

# A folder becomes an image that trusts what this machine trusts.
import() {
    install -D "$CERTIFICATES" "$1$CERTIFICATES"
    tar -C "$1" -c . | podman import --quiet \
        --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        --change "ENV PIP_CERT=$CERTIFICATES" --change "ENV NODE_EXTRA_CA_CERTS=$CERTIFICATES" - "$2"
}

bases() {
    say "base images"
    if [ ! -e "$WORK/python/.complete" ]; then
        rm -rf "$WORK/python"
        mkdir -p "$WORK"
        debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip bookworm "$WORK/python" >"$WORK/debootstrap.log"
        touch "$WORK/python/.complete"
    fi
    podman image exists "$PYTHON_BASE" || import "$WORK/python" "$PYTHON_BASE"
    if ! podman image exists "$NODE_BASE"; then
        # Debian 12 has Node 18, the web view wants 20: take the one that is installed here, with its libraries.
        rm -rf "$WORK/node"
        cp -a "$WORK/python" "$WORK/node"
        local prefix
        prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
        mkdir -p "$WORK/node/usr/lib/node_modules"
        cp "$prefix/bin/node" "$WORK/node/usr/bin/node"
        cp -a "$prefix/lib/node_modules/npm" "$WORK/node/usr/lib/node_modules/"
        ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$WORK/node/usr/bin/npm"
        import "$WORK/node" "$NODE_BASE"
        rm -rf "$WORK/node"
    fi
}

build() {
    local target
    for target in collector shop; do
        say "build --target $target"
        nice podman build --isolation chroot --network host --format docker "${LIMITS[@]}" \
            --build-arg NODE_IMAGE="$NODE_BASE" --build-arg PYTHON_IMAGE="$PYTHON_BASE" \
            --target "$target" --tag "localhost/spanwise-test-$target" .
    done
}

# Ask until the answer is 200, for a minute.
ready() {
    local address=$1 left=120
    until python3 -c "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=2)" "$address" 2>/dev/null; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "no 200 from $address" >&2; return 1; }
        sleep 0.5
    done
    echo "200 from $address"
}

# Run a container's own health check until it passes, for half a minute.
healthy() {
    local left=30
    until podman healthcheck run "$1" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "$1 is not healthy" >&2; return 1; }
        sleep 1
    done
    echo "healthy: $1"
}

# As the image stands it listens on all addresses: without a key it must end at once, with the sentence that says so.
keys() {
    say "the image as it stands, without and with a key"
    local image=localhost/spanwise-test-collector key
    podman volume rm --force spanwise-test >/dev/null
    trap 'podman rm --force --ignore --time 20 spanwise-test >/dev/null; podman volume rm --force spanwise-test >/dev/null' EXIT
    if "${RUN[@]}" --rm --volume spanwise-test:/data --env SPANWISE_HTTP=0.0.0.0:14718 "$image" 2>"$WORK/refused"; then return 1; fi
    grep "there is no key yet. Make one first: spanwise keys create --scope admin" "$WORK/refused"
    key=$("${RUN[@]}" --rm --volume spanwise-test:/data "$image" keys create --scope admin)
    "${RUN[@]}" --detach --name spanwise-test --volume spanwise-test:/data \
        --env SPANWISE_HTTP=0.0.0.0:14718 --env SPANWISE_GRPC=0.0.0.0:14717 "$image"
    ready http://127.0.0.1:14718/readyz
    healthy spanwise-test
    KEY=$key python3 -c '
import os, urllib.error, urllib.request as u
address = "http://127.0.0.1:14718/api/v1/services"
try:
    u.urlopen(address)
    raise SystemExit("it answers without a key")
except urllib.error.HTTPError as error:
    assert error.code == 401, error
u.urlopen(u.Request(address, headers={"Authorization": "Bearer " + os.environ["KEY"]}))
print("401 without the key, 200 with it")'
    trap - EXIT
    podman rm --force --time 20 spanwise-test >/dev/null
    podman volume rm spanwise-test >/dev/null
}

collector() {
    say "the collector alone"
    podman rm --force --ignore spanwise-test >/dev/null
    podman volume rm --force spanwise-test >/dev/null
    trap 'podman logs spanwise-test; podman rm --force --time 20 spanwise-test >/dev/null' EXIT
    "${RUN[@]}" --detach --name spanwise-test --volume spanwise-test:/data \
        --env SPANWISE_HTTP=127.0.0.1:14718 --env SPANWISE_GRPC=127.0.0.1:14717 localhost/spanwise-test-collector
    ready http://127.0.0.1:14718/readyz
    ready http://127.0.0.1:14718/
    echo "user: $(podman exec spanwise-test id -un)"
    healthy spanwise-test
    podman stop --time 20 spanwise-test >/dev/null
    echo "exit status after SIGTERM: $(podman inspect --format '{{.State.ExitCode}}' spanwise-test)"
    [ "$(podman inspect --format '{{.State.ExitCode}}' spanwise-test)" = 0 ]
    trap - EXIT
    podman rm spanwise-test >/dev/null
    podman volume rm spanwise-test >/dev/null
}

# podman-compose with what this kernel allows, on the host's network: `up` of a profile, by the real files.
composed() {
    podman-compose --podman-args="--runtime runc" --podman-run-args="${LIMITS[*]}" --in-pod false \
        --project-name spanwise-test --file docker-compose.yml --file tests/containers/host-network.yml "$@"
}

compose() {
    say "docker-compose.yml, the default profile"
    trap 'podman logs spanwise-test_gateway_1; composed --profile demo down --volumes >/dev/null 2>&1' EXIT
    composed up --detach --no-build
    ready http://127.0.0.1:4318/readyz
    healthy spanwise-test_collector_1

    say "docker-compose.yml, --profile demo"
    composed --profile demo up --detach --no-build
    ready http://127.0.0.1:8200/healthz
    local service
    for service in gateway catalog cart checkout inventory payments fraud notifications; do
        healthy "spanwise-test_${service}_1"
    done
    podman exec spanwise-test_fraud_1 python -m examples.shop fault fraud exception
    podman exec spanwise-test_fraud_1 python -m examples.shop fault --clear
    local services
    for _ in $(seq 60); do
        services=$(python3 -c "
import json, urllib.request as u
answer = json.load(u.urlopen('http://127.0.0.1:4318/api/v1/traces?service=notifications&operation=process%20orders&limit=1'))
print(*sorted(each['name'] for trace in answer['traces'] for each in trace['services']))")
        [ "$(wc -w <<<"$services")" = 8 ] && break
        sleep 1
    done
    echo "services in one trace: $services"
    [ "$(wc -w <<<"$services")" = 8 ]
    composed --profile demo down --volumes >/dev/null 2>&1
    trap - EXIT
}

case "${1:-all}" in
    all) bases && build && keys && collector && compose ;;
    bases | build | keys | collector | compose) "$1" ;;
    *) echo "usage: run.sh [bases|build|keys|collector|compose]" >&2; exit 2 ;;
esac
