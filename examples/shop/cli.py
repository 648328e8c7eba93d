"""`python -m examples.shop`: run the shop, one of its services, its customers, or switch a fault."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx

from examples.shop.control import Control
from examples.shop.node import Node, NodeError, listen
from examples.shop.shop import Place, Shop
from examples.shop.topology import SERVICES, Kind

# Where the shop that was started last says where its controls are.
CONTROLS = Path(tempfile.gettempdir()) / "spanwise-shop.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    commands = {"run": _run, "serve": _serve, "traffic": _traffic, "fault": _fault}
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "run")
    options = _parser().parse_args(given)
    try:
        return commands[options.command](options)
    except NodeError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.shop", description="A small shop to trace.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="all services and customers, until Ctrl-C (what no command means)")
    run.add_argument("--port", type=int, default=8100, help="of the gateway, the others follow; 0: free ports")
    run.add_argument("--data", type=Path, help="folder for the databases and logs; without it a temporary one")
    run.add_argument(
        "--replicas", action="append", default=[], metavar="SERVICE=N", help="run a service more than once"
    )
    serve = commands.add_parser("serve", help="one service, for a container of its own")
    serve.add_argument("service", choices=SERVICES)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8100)
    serve.add_argument(
        "--control-port",
        type=int,
        default=int(os.environ.get("SHOP_CONTROL_PORT", "8150")),
        help="SHOP_CONTROL_PORT says it as well [8150]",
    )
    serve.add_argument("--data", type=Path, required=True)
    traffic = commands.add_parser("traffic", help="customers only, for a shop that runs elsewhere")
    traffic.add_argument("gateway", help="its address")
    for each in (run, traffic):
        each.add_argument("--rate", type=float, default=3.0, help="customers a second; 0: none")
        each.add_argument("--duration", type=float, help="seconds; without it until Ctrl-C")
    for each in (run, traffic, serve):
        each.add_argument("--seed", type=int, default=1, help="of all chance, in traffic and in faults")
    fault = commands.add_parser("fault", help="switch a fault on or off")
    fault.add_argument("service", nargs="?", help="a service, or one of its replicas, as catalog-2")
    fault.add_argument("kind", nargs="?", choices=[str(kind) for kind in Kind])
    fault.add_argument("--level", type=float, default=1.0, help="0 to 1: how bad, or for how many")
    fault.add_argument("--for", dest="lasting", metavar="TIME", help="as 30s or 2m; without it until cleared")
    fault.add_argument("--from", dest="caller", metavar="SERVICE", help="network_delay for one caller only")
    fault.add_argument("--clear", action="store_true", help="switch off: all, of one service, or one kind")
    fault.add_argument("--controls", type=Path, default=CONTROLS, help="controls.json of one of several shops")
    return parser


def _run(options: argparse.Namespace) -> int:
    replicas = {name: int(count) for name, _, count in (each.partition("=") for each in options.replicas)}
    for name in replicas:
        if name not in SERVICES or not SERVICES[name].replicable:
            raise NodeError(f"--replicas: {name} cannot run more than once")
    # SIGTERM unwinds like Ctrl-C, so that every service is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("Starting the shop …", flush=True)
    try:
        with Shop(Place(port=options.port, data=options.data, seed=options.seed), replicas) as shop:
            controls = json.dumps({name: each.address for name, each in shop.controls.items()}, indent=1)
            for path in (CONTROLS, shop.data / "controls.json"):
                path.write_text(controls)
            print(_summary(shop), flush=True)
            _customers(shop, options)
    except KeyboardInterrupt:
        pass
    print("The shop is closed.", flush=True)
    return 0


def _customers(shop: Shop, options: argparse.Namespace) -> None:
    """Run the traffic in a process of its own until it ends or we are told to stop."""
    if not options.rate:
        signal.pause()
    command = [sys.executable, "-m", "examples.shop", "traffic", shop.addresses[shop.gateway]]
    command += ["--rate", str(options.rate), "--seed", str(options.seed)]
    command += ["--duration", str(options.duration)] if options.duration else []
    customers = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    try:
        customers.wait()
    finally:
        customers.terminate()
        customers.wait()


def _summary(shop: Shop) -> str:
    lines = [f"  {name:<16} {shop.addresses.get(name, 'takes from the queue'):<24}" for name in shop.nodes]
    spans = os.environ.get("SPANWISE_ENDPOINT", "http://127.0.0.1:4318")
    return "\n".join(
        [
            f"The shop is open at {shop.addresses[shop.gateway]}/api/products",
            *lines,
            f"Spans and logs go to {spans} (SPANWISE_ENDPOINT). Data and log files: {shop.data}",
            "Make something go wrong, from another terminal:",
            "  python -m examples.shop fault catalog slow_query --level 0.5 --for 30s",
            "  python -m examples.shop fault --clear",
            "Ctrl-C closes the shop.",
        ]
    )


def _serve(options: argparse.Namespace) -> int:
    service = SERVICES[options.service]
    data = options.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    environment = {"SHOP_DATA": str(data), "SHOP_SEED": str(options.seed)}
    node = Node(service.name, service, environment, log=None)
    control = Control(node, options.host, options.control_port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        node.start(listen(options.host, options.port) if service.listens else None)
        node.wait()
        control.start()
        CONTROLS.write_text(json.dumps({service.name: control.address}))
        print(f"{service.name} is ready, its control is at {control.address}", flush=True)
        node.join()
    except KeyboardInterrupt:
        return 0
    finally:
        node.stop()
    return 1


def _traffic(options: argparse.Namespace) -> int:
    from examples.shop import traffic

    print(asyncio.run(traffic.run(options.gateway, options.rate, options.duration, options.seed)), flush=True)
    return 0


def _fault(options: argparse.Namespace) -> int:
    try:
        controls: dict[str, str] = json.loads(options.controls.read_text())
    except FileNotFoundError:
        raise NodeError(f"no shop has written its addresses to {options.controls}") from None
    chosen = {
        name: address for name, address in controls.items() if options.service in (None, name, name.rpartition("-")[0])
    }
    if not chosen or not (options.clear or options.kind):
        raise NodeError(f"say a service ({', '.join(controls)}) and a kind ({', '.join(Kind)}), or --clear")
    for name, address in chosen.items():
        try:
            answer = _switch(address, options)
        except httpx.ConnectError:
            raise NodeError(f"no shop runs at {address}, where {options.controls} says that one does") from None
        if answer.is_error:
            raise NodeError(f"{name}: {answer.json()['error']}")
        on = ", ".join(f"{fault['kind']} {fault['level']}" for fault in answer.json()["faults"])
        print(f"{name}: {on or 'nothing is wrong'}")
    return 0


def _switch(address: str, options: argparse.Namespace) -> httpx.Response:
    if options.clear:
        return httpx.delete(f"{address}/faults/{options.kind or ''}", timeout=90.0)
    wanted = {"level": options.level, "seconds": _seconds(options.lasting), "caller": options.caller}
    return httpx.put(f"{address}/faults/{options.kind}", json=wanted, timeout=30.0)


def _seconds(lasting: str | None) -> float | None:
    if lasting is None:
        return None
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(lasting[-1])
    try:
        return float(lasting[:-1]) * unit if unit else float(lasting)
    except ValueError:
        raise NodeError(f"--for: {lasting!r} is not a time as 30s or 2m") from None
