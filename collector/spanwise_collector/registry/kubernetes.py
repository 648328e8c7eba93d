"""Kubernetes' EndpointSlices: the pods behind every service (discovery.k8s.io/v1)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from spanwise_collector.model.registered import Registered
from spanwise_collector.registry.entry import registered
from spanwise_collector.registry.fetch import Unread, Web, secret
from spanwise_collector.settings.registry_address import RegistryAddress

_LABEL: Final = "kubernetes.io/service-name"
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PAGE: Final = 500
_MOST_PAGES: Final = 1000


def read(address: RegistryAddress) -> Iterator[Registered]:
    """The endpoints of all services of a namespace, or of all namespaces; raises Unread.

    Without a host: the cluster that the collector runs in, by the account of its pod.
    """
    if not address.hosts:
        address = _own_cluster(address)
    token = secret(address, "token_file")
    web = Web(address, {"Authorization": f"Bearer {token}"} if token else {})
    namespace = address.path.strip("/")
    within = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    asked = {"limit": str(_PAGE)}
    for _ in range(_MOST_PAGES):
        page = web.get(f"/apis/discovery.k8s.io/v1{within}/endpointslices?{urlencode(asked)}")
        for each in page.get("items") or ():
            yield from _endpoints(each, address.option("label", _LABEL))
        proceed = (page.get("metadata") or {}).get("continue")
        if not proceed:
            return
        asked["continue"] = proceed
    raise Unread(f"it has more than {_MOST_PAGES * _PAGE:,} slices")


def _endpoints(part: dict[str, Any], label: str) -> Iterator[Registered]:
    service = str(((part.get("metadata") or {}).get("labels") or {}).get(label) or "")
    for endpoint in (part.get("endpoints") or ()) if service else ():
        addresses = endpoint.get("addresses") or []
        target = endpoint.get("targetRef") or {}
        pod = target.get("name") if target.get("kind") == "Pod" else None
        name = str(pod or endpoint.get("hostname") or next(iter(addresses), ""))
        # Not said means ready.
        ready = (endpoint.get("conditions") or {}).get("ready")
        yield registered(
            service, name, target.get("uid"), endpoint.get("hostname"), *addresses, healthy=ready is not False
        )


def _own_cluster(address: RegistryAddress) -> RegistryAddress:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise Unread(
            "the collector runs in no cluster: KUBERNETES_SERVICE_HOST is not set, so the address needs a host"
        )
    given = dict(address.options)
    account = {"token_file": str(_ACCOUNT / "token"), "ca_file": str(_ACCOUNT / "ca.crt")}
    return replace(
        address,
        hosts=(f"[{host}]:{port}" if ":" in host else f"{host}:{port}",),
        options=tuple((account | given).items()),
    )
