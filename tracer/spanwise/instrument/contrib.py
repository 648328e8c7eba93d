"""Libraries that OpenTelemetry's own instrumentations trace well: used where they are installed (ADR-0012).

They are found by their entry points, when the library they belong to is imported; `pip install 'spanwise[all]'`
brings them. What this package traces itself is left out, so that nothing is traced twice.
"""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from types import ModuleType

from spanwise.guard import logger
from spanwise.instrument.hooks import Hook, when_imported

GROUP = "opentelemetry_instrumentor"

# Entry point → the module whose import makes it worth loading.
TRIGGERS = {
    "aiokafka": "aiokafka",
    "aio-pika": "aio_pika",
    "asyncpg": "asyncpg",
    "botocore": "botocore",
    "celery": "celery",
    "confluent_kafka": "confluent_kafka",
    "elasticsearch": "elasticsearch",
    "falcon": "falcon",
    "grpc_aio_client": "grpc.aio",
    "grpc_aio_server": "grpc.aio",
    "grpc_client": "grpc",
    "grpc_server": "grpc",
    "kafka": "kafka",
    "mysql": "mysql.connector",
    "mysqlclient": "MySQLdb",
    "pika": "pika",
    "psycopg": "psycopg",
    "psycopg2": "psycopg2",
    "pymemcache": "pymemcache",
    "pymongo": "pymongo",
    "pymysql": "pymysql",
    "redis": "redis",
    "sqlite3": "sqlite3",
    "tornado": "tornado",
}


def instrument_contrib(without: frozenset[str]) -> None:
    """Instrument every library of the table when it is imported, if its instrumentation is installed."""
    # Without this they name attributes as they did before the conventions were stable.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
    for name, trigger in TRIGGERS.items():
        if name not in without and trigger.partition(".")[0] not in without:
            when_imported(trigger, _hook(name))


def installed() -> list[str]:
    """Names of the instrumentations of the table that are installed here."""
    return sorted(entry.name for entry in entry_points(group=GROUP) if entry.name in TRIGGERS)


def _hook(name: str) -> Hook:
    def hook(_module: ModuleType) -> None:
        for entry in entry_points(group=GROUP, name=name):
            instrumentor = entry.load()()
            if not instrumentor.is_instrumented_by_opentelemetry:
                instrumentor.instrument()
                logger.debug("spanwise: %s is traced by %s", name, entry.value)

    return hook
