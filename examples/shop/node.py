"""One service process under its parent: started, told of faults, stopped by its process id."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path

from examples.shop.faults import Fault
from examples.shop.topology import ON_THE_PROCESS, Kind, Service

START_SECONDS = 60.0
TELL_SECONDS = 5.0
STOP_SECONDS = 5.0


class NodeError(RuntimeError):
    """The service did not start, or did not take what it was told; the message is for a person."""


class Node:
    """A service process. `name` tells replicas apart; the service itself does not know it.

    What the service writes goes to the file `log`, or, without one, where our own words go.
    All methods may be called from any thread.
    """

    def __init__(self, name: str, service: Service, environment: dict[str, str], log: Path | None) -> None:
        self.name = name
        self.service = service
        self._environment = environment
        self._log = log
        self._address: tuple[str, int] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._faults: dict[Kind, Fault] = {}
        self._timers: dict[Kind, threading.Timer] = {}
        self._answers: queue.Queue[int] = queue.Queue()
        self._listener: threading.Thread | None = None
        self._told = 0
        self._lock = threading.RLock()

    @property
    def pid(self) -> int | None:
        """The process's id, None while there is no process."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self, listening: socket.socket | None) -> None:
        """Start the process on this socket, which is closed here: a dead service must not seem to listen."""
        environment = os.environ | self._environment
        descriptors: tuple[int, ...] = ()
        if listening is not None:
            self._address = listening.getsockname()
            descriptors = (listening.fileno(),)
            environment["SHOP_SOCKET"] = str(listening.fileno())
        with self._log.open("ab") if self._log else nullcontext() as log:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "examples.shop.services", self.service.name],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C is for the parent, which stops its services in order
            )
        if listening is not None:
            listening.close()
        self._told = 0
        self._answers = queue.Queue()
        self._listener = threading.Thread(target=self._listen, args=(self._process, self._answers), daemon=True)
        self._listener.start()
        self._send()

    def wait(self) -> None:
        """Return when the service is ready; `NodeError` when it ended or takes too long."""
        self._hear(START_SECONDS)

    def faults(self) -> list[Fault]:
        """What is switched on."""
        return list(self._faults.values())

    def switch_on(self, fault: Fault, seconds: float | None) -> None:
        """Switch a fault on, for so long or until it is cleared. The next request meets it."""
        with self._lock:
            self._forget_timer(fault.kind)
            self._faults[fault.kind] = fault
            self._apply(fault.kind, on=True)
            if seconds is not None:
                timer = threading.Timer(seconds, self.clear, args=(fault.kind,))
                timer.daemon = True
                self._timers[fault.kind] = timer
                timer.start()

    def clear(self, kind: Kind | None = None) -> None:
        """Switch one fault off, or all."""
        with self._lock:
            # The process first: it cannot be told of the others while it stands still.
            kinds = [kind] if kind else sorted(self._faults, key=lambda each: each not in ON_THE_PROCESS)
            for each in kinds:
                self._forget_timer(each)
                if self._faults.pop(each, None) is not None:
                    self._apply(each, on=False)

    def join(self) -> None:
        """Return when the process has ended other than by a fault."""
        while True:
            process = self._process
            assert process is not None
            process.wait()
            with self._lock:
                if process is self._process and Kind.KILL not in self._faults:
                    return
            time.sleep(0.2)

    def ask_to_stop(self) -> None:
        """Send the process SIGTERM, and let it go on if it stands still."""
        with self._lock:
            for kind in list(self._timers):
                self._forget_timer(kind)
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
                self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL when that is not enough."""
        with self._lock:
            self.ask_to_stop()
            process = self._process
            if process is None:
                return
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if self._listener is not None:
                self._listener.join()

    def _apply(self, kind: Kind, *, on: bool) -> None:
        process = self._process
        assert process is not None
        if kind is Kind.STOP:
            if process.poll() is None:
                process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)
        elif kind is Kind.KILL and on:
            process.kill()
            process.wait()
        elif kind is Kind.KILL:
            self.start(listen(*self._address) if self._address else None)
            self.wait()
        elif self.pid is not None:
            self._send()
            self._hear(TELL_SECONDS)

    def _send(self) -> None:
        """Write the faults that the process itself carries out."""
        assert self._process is not None
        assert self._process.stdin is not None
        inside = [asdict(fault) for fault in self._faults.values() if fault.kind not in ON_THE_PROCESS]
        self._process.stdin.write(json.dumps(inside) + "\n")
        self._process.stdin.flush()
        self._told += 1

    def _hear(self, seconds: float) -> None:
        """Wait until the process has answered the last line."""
        try:
            while self._answers.get(timeout=seconds) < self._told - 1:
                pass
        except queue.Empty:
            raise NodeError(f"{self.name} does not answer (its log: {self._log})") from None
        if self.pid is None:
            raise NodeError(f"{self.name} has ended (its log: {self._log})")

    def _listen(self, process: subprocess.Popen[str], answers: queue.Queue[int]) -> None:
        """Pass the process's answers on until it ends, then close what led to it."""
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                answers.put(int(line))
        if process.wait() > 0:  # neither told to stop nor killed
            print(f"{self.name} has ended by itself (its log: {self._log})", file=sys.stderr, flush=True)
        with suppress(OSError):
            process.stdin.close()
        answers.put(sys.maxsize)

    def _forget_timer(self, kind: Kind) -> None:
        timer = self._timers.pop(kind, None)
        if timer is not None:
            timer.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    listening = socket.create_server((host, port), backlog=512)
    listening.set_inheritable(True)
    return listening
