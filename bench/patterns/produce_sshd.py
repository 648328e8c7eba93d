"""sshd at log level VERBOSE and DEBUG1: good keys, wrong keys, unknown users, scanners, broken protocols."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import time
from pathlib import Path

from bench.patterns.produce_nginx import _free

USERS = ["root", "nobody", "admin", "oracle", "test", "git", "backup", "www-data", "daemon", "guest", "ubuntu", "pi"]


def lines(folder: Path, chance: random.Random) -> list[str]:
    """Lines of four daemons, of which two say less."""
    Path("/run/sshd").mkdir(exist_ok=True)
    keys = {}
    for kind in ("rsa", "ed25519", "ecdsa"):
        for role in ("host", "good", "bad"):
            keys[role, kind] = folder / f"{role}_{kind}"
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", keys[role, kind]], check=True)
    allowed = folder / "authorized"
    allowed.write_text("".join(keys["good", kind].with_suffix(".pub").read_text() for kind in ("rsa", "ed25519")))
    allowed.chmod(0o600)
    found: list[str] = []
    for level in ("DEBUG1", "VERBOSE"):
        port, log = _free(), folder / f"log_{level}"
        options = [f"HostKey={keys['host', kind]}" for kind in ("rsa", "ed25519", "ecdsa")]
        options += [f"Port={port}", "ListenAddress=127.0.0.1", f"LogLevel={level}", f"AuthorizedKeysFile={allowed}"]
        options += ["StrictModes=no", "UsePAM=no", "MaxAuthTries=3", f"PidFile={folder}/pid", "PermitRootLogin=yes"]
        options += ["DenyUsers=backup", "AllowTcpForwarding=no", "LoginGraceTime=2", "MaxStartups=4:50:8"]
        with subprocess.Popen(
            [
                "/usr/sbin/sshd",
                "-D",
                "-f",
                "/dev/null",
                "-E",
                str(log),
                *(word for each in options for word in ("-o", each)),
            ]
        ) as daemon:
            time.sleep(0.7)
            for _ in range(45 if level == "DEBUG1" else 170):
                _visit(port, keys, chance)
            time.sleep(3)
            daemon.terminate()
        found += log.read_text(errors="replace").splitlines()
    return [re.sub(r"^debug1: ", "", line).rstrip("\r") for line in found]


def _visit(port: int, keys: dict[tuple[str, str], Path], chance: random.Random) -> None:
    kind = chance.randrange(10)
    if kind < 5:
        key = keys[chance.choice(["good", "bad", "good"]), chance.choice(["rsa", "ed25519", "ecdsa"])]
        user = chance.choice(["root", "root", *USERS])
        more = chance.choice([[], ["-L", f"{_free()}:127.0.0.1:9"], ["-o", "Ciphers=aes128-ctr"], ["-N"], ["-tt"]])
        words = ["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        words += ["-o", "BatchMode=yes", "-F", "/dev/null", "-i", str(key), "-p", str(port), f"{user}@127.0.0.1"]
        ask = [["true"], ["exit 3"], ["echo", "hello"]]
        try:
            subprocess.run(["ssh", *more, *words, *chance.choice(ask)], capture_output=True, timeout=1.5, check=False)
        except subprocess.TimeoutExpired:
            pass
        return
    if kind == 5:
        for cipher in (
            ["-o", "Ciphers=3des-cbc"],
            ["-o", "KexAlgorithms=diffie-hellman-group1-sha1"],
            ["-o", "MACs=hmac-md5"],
        ):
            subprocess.run(
                ["ssh", *cipher, "-F", "/dev/null", "-p", str(port), "127.0.0.1", "true"],
                capture_output=True,
                check=False,
            )
        return
    sent = chance.choice(
        [b"", b"GET / HTTP/1.1\r\n\r\n", b"SSH-1.5-old\r\n", b"SSH-2.0-Go\r\n", b"SSH-2.0-libssh2_1.10.0\r\n" + b"\x00" * 40,
         b"\x16\x03\x01\x00\x2f", b"SSH-9.9-x\r\n", b"SSH-2.0-PuTTY\r\n\x7f\xff\xff\xff"]
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        try:
            client.sendall(sent)
            if chance.random() < 0.6:
                client.settimeout(0.3)
                client.recv(4000)
        except OSError:
            pass
