"""The address of a registry, as the settings give it."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

KINDS: Final = {
    "consul": "consul://HOST:8500",
    "etcd": "etcd://HOST:2379/services",
    "zookeeper": "zookeeper://HOST:2181,HOST:2181/services",
    "kubernetes": "kubernetes:///NAMESPACE",
    "dns": "dns:///_http._tcp.shop.example.org?service=shop",
    "file": "file:nodes.toml",
}
_OPTIONS: Final = {
    "consul": ("dc", "token_file", "ca_file"),
    "etcd": ("password_file", "ca_file"),
    "zookeeper": (),
    "kubernetes": ("token_file", "ca_file", "label"),
    "dns": ("service", "type"),
    "file": (),
}
_PORTS: Final = {"consul": 8500, "etcd": 2379, "zookeeper": 2181, "kubernetes": 443, "dns": 53}
_PROJECT: Final = "default"


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """KIND://[USER[:PASSWORD]@]HOST[:PORT][,…][/PATH][?OPTION=…][#PROJECT]; `tls` where the kind ends in `s`."""

    kind: str
    hosts: tuple[str, ...]
    path: str
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = ()
    project: str = _PROJECT

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with what is expected."""
        parts = urlsplit(text)
        tls = parts.scheme in {"consuls", "etcds"} or parts.scheme == "kubernetes"
        kind = parts.scheme.removesuffix("s") if parts.scheme in {"consuls", "etcds"} else parts.scheme
        plain = parts.scheme == "kubernetes+http"
        kind = "kubernetes" if plain else kind
        if kind not in KINDS:
            raise ValueError(f"a registry's address, such as {', '.join(KINDS.values())}")
        login, _, hosts = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        if kind in {"consul", "etcd", "zookeeper"} and not hosts:
            raise ValueError(f"a host, such as {KINDS[kind]}")
        options = tuple(parse_qsl(parts.query, keep_blank_values=True))
        wrong = [name for name, _ in options if name not in _OPTIONS[kind]]
        if wrong:
            known = ", ".join(_OPTIONS[kind]) or "no options"
            raise ValueError(f"for {kind} {known}, and not the option '{wrong[0]}'")
        made = cls(
            kind,
            tuple(_with_port(host, kind) for host in hosts.split(",") if host),
            unquote(parts.path),
            tls,
            unquote(user),
            unquote(password),
            options,
            unquote(parts.fragment) or _PROJECT,
        )
        if kind == "dns" and (not made.path.strip("/") or not made.option("service")):
            raise ValueError(f"a name to ask for and the service that it is of, such as {KINDS['dns']}")
        if kind == "file" and not made.path:
            raise ValueError(f"a path, such as {KINDS['file']}")
        return made

    def option(self, name: str, default: str = "") -> str:
        """What the address says after `?`."""
        return dict(self.options).get(name, default)

    def __str__(self) -> str:
        """Without what is secret."""
        separator = ":" if self.kind == "file" else "://"
        return f"{self.kind}{separator}{','.join(self.hosts)}{self.path}"


def _with_port(host: str, kind: str) -> str:
    name, colon, port = host.rpartition(":")
    if colon and port.isascii() and port.isdigit() and (":" not in name or name.endswith("]")):
        return host
    if colon and not host.endswith("]"):
        raise ValueError("HOST:PORT, with an IPv6 host in brackets")
    return f"{host}:{_PORTS[kind]}"
