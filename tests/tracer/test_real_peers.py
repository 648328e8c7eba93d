"""Libraries against the real servers they are made for: one span for each call, below the span it was made in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracer.processes import run_script
from tests.tracer.services import postgresql, rabbitmq, redis_server
from tests.tracer.sink import SentSpan, Sink

REDIS = """
import asyncio, os, redis, redis.asyncio, spanwise
spanwise.init("script")
port = int(os.environ["PORT"])
with spanwise.span("sync"), redis.Redis(port=port) as client:
    client.set("secret7", "secret7")
    with client.pipeline() as pipe:
        pipe.get("secret7").incr("counter").execute()
    try: client.incr("secret7")
    except redis.ResponseError: pass
async def main():
    async with redis.asyncio.Redis(port=port) as client:
        with spanwise.span("async"):
            await client.get("secret7")
asyncio.run(main())
"""
DRIVERS = """
import asyncio, os, asyncpg, psycopg, spanwise
spanwise.init("script")
where = {"host": "127.0.0.1", "port": int(os.environ["PORT"]), "user": "postgres"}
async def main():
    async with await psycopg.AsyncConnection.connect(**where, dbname="postgres") as connection:
        with spanwise.span("psycopg async"):
            await connection.execute("SELECT 'secret7', %s", [1])
    connection = await asyncpg.connect(**where, database="postgres")
    with spanwise.span("asyncpg"):
        await connection.fetch("SELECT 'secret7', $1::int", 3)
    await connection.close()
with psycopg.connect(**where, dbname="postgres") as connection, spanwise.span("psycopg"):
    connection.execute("SELECT 'secret7', %s", [1])
asyncio.run(main())
"""
SQLALCHEMY = """
import asyncio, os, spanwise, sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
spanwise.init("script")
address = f"postgres@127.0.0.1:{os.environ['PORT']}/postgres"
with sqlalchemy.create_engine(f"postgresql+psycopg://{address}").connect() as connection, spanwise.span("psycopg"):
    connection.execute(sqlalchemy.text("SELECT 'secret7', :x"), {"x": 1})
    try: connection.execute(sqlalchemy.text("SELECT * FROM nowhere"))
    except sqlalchemy.exc.ProgrammingError: pass
async def main():
    engine = create_async_engine(f"postgresql+asyncpg://{address}")
    async with engine.connect() as connection:
        with spanwise.span("asyncpg"):
            await connection.execute(sqlalchemy.text("SELECT 'secret7'"))
    await engine.dispose()
asyncio.run(main())
"""
PIKA = """
import os, pika, spanwise
spanwise.init("script")
connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(os.environ["PORT"])))
channel = connection.channel()
channel.queue_declare("orders")
with spanwise.span("sends"):
    channel.basic_publish("", "orders", b"secret7")
def take(channel, method, properties, body):
    with spanwise.span("handles"):
        channel.stop_consuming()
channel.basic_consume("orders", take, auto_ack=True)
channel.start_consuming()
connection.close()
"""
GRPC = """
import asyncio, grpc, grpc.aio, spanwise
from concurrent.futures import ThreadPoolExecutor
spanwise.init("script")

class Sync(grpc.GenericRpcHandler):
    def service(self, details):
        def call(body, context):
            if body == b"bad": context.abort(grpc.StatusCode.NOT_FOUND, "none")
            with spanwise.span("inside"): return body
        return grpc.unary_unary_rpc_method_handler(call)

server = grpc.server(ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Sync(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with spanwise.span("sync"), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    get = channel.unary_unary("/shop.Orders/Get")
    get(b"x")
    try: get(b"bad")
    except grpc.RpcError: pass
server.stop(None).wait()

class Aio(grpc.GenericRpcHandler):
    def service(self, details):
        async def call(body, context):
            with spanwise.span("inside aio"): return body
        return grpc.unary_unary_rpc_method_handler(call)

async def main():
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Aio(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with spanwise.span("aio"):
            await channel.unary_unary("/shop.Orders/Get")(b"x")
    await server.stop(None)
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def postgresql_port() -> Iterator[int]:
    with postgresql() as port:
        yield port


def below(sink: Sink) -> list[tuple[str, str, str, int]]:
    """Parent, name, kind and status of every span that has a parent here, in order of their begin."""
    names = {span.span_id: span.name for span in sink.spans}
    found = sorted((span for span in sink.spans if span.parent_id in names), key=lambda span: span.start_ns)
    return [(names[span.parent_id], span.name, span.kind, span.status) for span in found]


def run(code: str, sink: Sink, folder: Path, port: int = 0) -> list[SentSpan]:
    done = run_script(code, sink.endpoint, folder, PORT=str(port), PYTHONWARNINGS="ignore", GRPC_VERBOSITY="NONE")
    assert (done.returncode, done.stderr) == (0, "")
    sent = b"".join(body for _, _, body in sink.bodies)
    assert b"secret7" not in sent
    return sink.spans


@pytest.mark.services
def test_redis(sink: Sink, tmp_path: Path) -> None:
    with redis_server() as port:
        spans = run(REDIS, sink, tmp_path, port)
    assert below(sink) == [
        ("sync", "SET", "client", 0),
        ("sync", "GET INCRBY", "client", 0),
        ("sync", "INCRBY", "client", 2),
        ("async", "GET", "client", 0),
    ]
    assert {span.attributes["db.query.text"] for span in spans if span.kind == "client"} == {
        "SET ? ?",
        "GET ?\nINCRBY ? ?",
        "INCRBY ? ?",
        "GET ?",
    }


@pytest.mark.services
def test_the_drivers_of_postgresql(postgresql_port: int, sink: Sink, tmp_path: Path) -> None:
    spans = run(DRIVERS, sink, tmp_path, postgresql_port)
    assert below(sink) == [(name, "SELECT", "client", 0) for name in ("psycopg", "psycopg async", "asyncpg")]
    texts = [span.attributes["db.query.text"] for span in spans if span.name == "SELECT"]
    assert sorted(texts) == ["SELECT ?, $1::int", "SELECT ?, %s", "SELECT ?, %s"]


@pytest.mark.services
def test_sqlalchemy_on_postgresql(postgresql_port: int, sink: Sink, tmp_path: Path) -> None:
    spans = run(SQLALCHEMY, sink, tmp_path, postgresql_port)
    assert below(sink) == [
        ("psycopg", "SELECT", "client", 0),
        ("psycopg", "SELECT nowhere", "client", 2),
        ("asyncpg", "SELECT", "client", 0),
    ]
    (failed,) = [span for span in spans if span.status == 2]
    assert failed.attributes["error.type"] == "psycopg.errors.UndefinedTable"


@pytest.mark.services
def test_a_message_through_rabbitmq(sink: Sink, tmp_path: Path) -> None:
    with rabbitmq() as port:
        run(PIKA, sink, tmp_path, port)
    assert below(sink) == [
        ("sends", "orders send", "producer", 0),
        ("orders send", "orders receive", "consumer", 0),
        ("orders receive", "handles", "internal", 0),
    ]


def test_grpc_calls_sync_and_async(sink: Sink, tmp_path: Path) -> None:
    run(GRPC, sink, tmp_path)
    call = "/shop.Orders/Get"
    assert below(sink) == [
        ("sync", call, "client", 0),
        (call, call, "server", 0),
        (call, "inside", "internal", 0),
        ("sync", call, "client", 2),
        (call, call, "server", 0),
        ("aio", call, "client", 0),
        (call, call, "server", 0),
        (call, "inside aio", "internal", 0),
    ]
