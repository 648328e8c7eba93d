"""nginx's error log and access log: good and bad requests, upstreams that are away, limits, broken clients, signals."""

from __future__ import annotations

import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

CONF = """
daemon off; pid {f}/pid; worker_processes 2; error_log {f}/error.log info; user root;
events {{ worker_connections 64; }}
http {{
  access_log {f}/access.log;
  client_body_temp_path {f}/b; proxy_temp_path {f}/p; fastcgi_temp_path {f}/fc; uwsgi_temp_path {f}/u; scgi_temp_path {f}/s;
  limit_req_zone $binary_remote_addr zone=few:1m rate=5r/s; limit_conn_zone $server_name zone=conns:1m;
  upstream shop {{ server 127.0.0.1:{dead}; server 127.0.0.1:{dead2}; }}
  server {{
    listen 127.0.0.1:{port}; server_name shop.example; root {f}/www; client_max_body_size 1k; client_header_timeout 1s;
    client_body_timeout 1s; large_client_header_buffers 2 1k;
    location /api/ {{ proxy_pass http://shop; proxy_connect_timeout 1s; proxy_read_timeout 1s; }}
    location /slow/ {{ proxy_pass http://127.0.0.1:{silent}; proxy_read_timeout 1s; }}
    location /cut/ {{ proxy_pass http://127.0.0.1:{rude}; }}
    location /few/ {{ limit_req zone=few; }}
    location /queue/ {{ limit_req zone=few burst=20; }}
    location /secret/ {{ auth_basic "staff"; auth_basic_user_file {f}/users; }}
    location /inside/ {{ deny all; }}
    location /loop/ {{ rewrite ^/loop/(.*) /loop/x$1 last; }}
    location /name/ {{ set $where nowhere.invalid; proxy_pass http://$where; }}
  }}
}}
"""


def lines(folder: Path, chance: random.Random) -> list[str]:
    """Lines of both logs, in the order of each."""
    ports = [_free() for _ in range(5)]
    port, dead, dead2 = ports[:3]
    www = folder / "www"
    for name in ("", "img", "docs", "empty"):
        (www / name).mkdir(parents=True, exist_ok=True)
    for name in ("index.html", "about.html", "img/logo.png", "docs/a.txt"):
        (www / name).write_text("x" * 300)
    (www / "docs" / "shut.txt").write_text("x")
    (folder / "users").write_text("anna:{PLAIN}geheim\n")
    silent, rude = socket.create_server(("127.0.0.1", ports[3])), socket.create_server(("127.0.0.1", ports[4]))
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(f=folder, port=port, dead=dead, dead2=dead2, silent=ports[3], rude=ports[4]))
    with subprocess.Popen(["/usr/sbin/nginx", "-c", str(conf)]) as nginx:
        time.sleep(1)
        rude.setblocking(False)
        for turn in range(1500):
            _request(port, chance)
            try:
                rude.accept()[0].close()
            except BlockingIOError:
                pass
            if turn % 250 == 249:
                nginx.send_signal(signal.SIGHUP if turn % 500 > 250 else signal.SIGUSR1)
                time.sleep(0.3)
        time.sleep(2)
        nginx.send_signal(signal.SIGQUIT)
        time.sleep(1)
        nginx.terminate()
    silent.close()
    rude.close()
    errors = (folder / "error.log").read_text(errors="replace").splitlines()
    cut = [re.sub(r"^\S+ \S+ \[\w+\] \d+#\d+: (\*\d+ )?", r"\1", line) for line in errors]
    return cut + (folder / "access.log").read_text(errors="replace").splitlines()[:600]


def _request(port: int, chance: random.Random) -> None:
    number = chance.randrange(10_000)
    path = chance.choice(
        ["/", "/about.html", "/img/logo.png", f"/img/{number}.png", f"/api/items/{number}", "/api/cart", "/empty/",
         "/docs/", f"/docs/{chance.choice(['b', 'c', 'draft', 'plan'])}.txt", "/few/x", "/few/y", "/queue/a", "/secret/",
         "/inside/plans", "/loop/a", "/name/", f"/missing-{number}", "/favicon.ico", "/wp-login.php", "/slow/report",
         "/cut/off", "/../../etc/passwd", "/%zz"]
    )  # fmt: skip
    if path.startswith("/slow") and chance.random() < 0.7:
        path = "/about.html"
    head, body, close_early = "", b"", chance.random() < 0.05
    if path == "/secret/":
        head = chance.choice(
            [
                "",
                "Authorization: Basic YW5uYTpnZWhlaW0=\r\n",
                "Authorization: Basic YW5uYTp4\r\n",
                "Authorization: Basic Ym9iOng=\r\n",
            ]
        )
    method = chance.choice(["GET"] * 8 + ["POST", "HEAD", "BREW", "get"])
    if chance.random() < 0.06:
        body = b"x" * chance.choice([10, 5000, 90_000])
        head += f"Content-Length: {len(body)}\r\n"
    if chance.random() < 0.03:
        head += "X-Long: " + "y" * 3000 + "\r\n"
    if chance.random() < 0.03:
        head += "Content-Length: 5\r\nContent-Length: 6\r\n"
    host = (
        ""
        if chance.random() < 0.04
        else f"Host: {chance.choice(['shop.example', 'localhost', 'sh op', '10.0.0.9'])}\r\n"
    )
    text = (
        f"{method} {path} HTTP/1.1\r\n{host}{head}Connection: close\r\nUser-Agent: test/{number % 7}\r\n\r\n".encode()
        + body
    )
    if chance.random() < 0.04:
        text = chance.choice(
            [
                b"\x16\x03\x01\x02\x00\x01",
                b"HELLO\r\n\r\n",
                b"GET / HTTP/9.9\r\n\r\n",
                b"GET / HTTP/1.1\r\nBad Header\r\n\r\n",
            ]
        )
    with socket.create_connection(("127.0.0.1", port), timeout=3) as client:
        try:
            client.sendall(text[: len(text) // 2] if close_early else text)
            while not close_early and client.recv(65536):
                pass
        except OSError:
            pass


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return int(made.getsockname()[1])
