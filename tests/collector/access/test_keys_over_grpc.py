"""What each key opens over gRPC."""

from __future__ import annotations

import grpc  # type: ignore[import-untyped]  # it has no types
import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs

from tests.collector.access.conftest import Guarded
from tests.collector.receive.running import LOGS_EXPORT, METRICS_EXPORT, TRACE_EXPORT


def export(guarded: Guarded, method: str, *metadata: tuple[str, str]) -> tuple[grpc.StatusCode, str]:
    """The code of an export of nothing, and its message."""
    with grpc.insecure_channel(guarded.service.grpc) as channel:
        call = channel.unary_unary(method).future(b"", metadata=metadata, timeout=30)
        code, details = call.code(), call.details()
        found = dict(call.trailing_metadata())
    if code is not grpc.StatusCode.OK:
        status = Status.FromString(found["grpc-status-details-bin"])
        assert (status.code, status.message) == (code.value[0], details)
    return code, details


@pytest.mark.parametrize("method", [TRACE_EXPORT, LOGS_EXPORT, METRICS_EXPORT])
def test_case_64_no_key_is_told_apart_from_a_wrong_one(guarded: Guarded, method: str) -> None:
    names = ("ingest", "admin", "sender", "unknown", "forged", "revoked", "read")
    found = {name: export(guarded, method, ("authorization", f"Bearer {guarded.keys[name]}")) for name in names}
    wrong = (grpc.StatusCode.PERMISSION_DENIED, "The key is not known here, or it was revoked.")
    assert found == {
        "ingest": (grpc.StatusCode.OK, ""),
        "admin": (grpc.StatusCode.OK, ""),
        "sender": (grpc.StatusCode.OK, ""),
        "unknown": wrong,
        "forged": wrong,
        "revoked": wrong,
        "read": (grpc.StatusCode.PERMISSION_DENIED, "The key does not allow this: it lacks the scope ingest."),
    }
    assert export(guarded, method) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "This needs a key with the scope ingest. Send it as the header `Authorization: Bearer KEY`.",
    )


def test_case_64_other_metadata_opens_nothing(guarded: Guarded) -> None:
    key = guarded.keys["ingest"]
    assert export(guarded, TRACE_EXPORT, ("x-spanwise-key", key))[0] is grpc.StatusCode.UNAUTHENTICATED
    assert export(guarded, TRACE_EXPORT, ("authorization", key))[0] is grpc.StatusCode.PERMISSION_DENIED
    twice = [("authorization", f"Bearer {key}")] * 2
    assert export(guarded, TRACE_EXPORT, *twice)[0] is grpc.StatusCode.PERMISSION_DENIED
