"""Kafka's two clients over sockets, with the broker that librdkafka has in it for tests: it speaks Kafka's protocol."""

from __future__ import annotations

from pathlib import Path

from tests.tracer.processes import run_script
from tests.tracer.sink import Sink

CODE = """
import asyncio, spanwise
spanwise.init("script")
import aiokafka
from confluent_kafka import Consumer, Producer, TopicPartition  # its classes are replaced: only after `init`
quiet = {"log_level": 0}
broker = Producer({"test.mock.num.brokers": 1, **quiet})
(at,) = broker.list_topics(timeout=20).brokers.values()
address = f"{at.host}:{at.port}"

producer = Producer({"bootstrap.servers": address, **quiet})
with spanwise.span("sends"):
    producer.produce("orders", b"secret7", partition=0)
    producer.flush(20)
consumer = Consumer({"bootstrap.servers": address, "group.id": "shop", **quiet})
consumer.assign([TopicPartition("orders", 0, 0)])
message = consumer.poll(20)
with spanwise.span("handles"): pass
print(message.value().decode(), *sorted(key for key, _ in message.headers()))
consumer.close()

async def main():
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=address) as producer:
        with spanwise.span("aio sends"):
            await producer.send_and_wait("aio", b"secret7")
    async with aiokafka.AIOKafkaConsumer("aio", bootstrap_servers=address, auto_offset_reset="earliest") as consumer:
        message = await consumer.getone()
        with spanwise.span("aio handles"): pass
        print(message.value.decode(), *sorted(key for key, _ in message.headers))
asyncio.run(asyncio.wait_for(main(), 25))
"""


def test_a_message_through_kafka_is_linked_or_continued(sink: Sink, tmp_path: Path) -> None:
    done = run_script(CODE, sink.endpoint, tmp_path, PYTHONWARNINGS="ignore")
    assert (done.returncode, done.stdout) == (0, "secret7 b3 traceparent\n" * 2), done.stderr
    assert b"secret7" not in b"".join(body for _, _, body in sink.bodies)
    names = {span.span_id: span.name for span in sink.spans}
    found = sorted(sink.spans, key=lambda span: span.start_ns)
    assert [(names.get(span.parent_id), span.name, span.kind) for span in found if span.name != "recv"] == [
        (None, "sends", "internal"),
        ("sends", "orders send", "producer"),
        ("recv", "orders process", "consumer"),
        ("orders process", "handles", "internal"),
        (None, "aio sends", "internal"),
        ("aio sends", "aio send", "producer"),
        ("aio send", "aio receive", "consumer"),
        (None, "aio handles", "internal"),
    ]
    sent, process = (next(span for span in found if span.name == name) for name in ("orders send", "orders process"))
    assert process.links == [(sent.trace_id, sent.span_id)]
