"""Spans by hand, and that the caller's context stays its own over generators, tasks and threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
import spanwise
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode, get_current_span
from spanwise.export.outgoing import outgoing_span
from spanwise.export.spans import encode_span
from spanwise.scrub import scrub
from spanwise.testing import Capture, capture
from spanwise.values import MAX_MEMBERS, MAX_VALUES, frozen


def current() -> str:
    return f"{get_current_span().get_span_context().span_id:016x}"


def test_spans_nest_and_take_attributes() -> None:
    with capture() as seen, spanwise.span("outer", items=3) as outer, spanwise.span("inner"):
        outer.set(total=7.5)
    inner, recorded = seen.spans
    assert (inner.parent_id, recorded.parent_id) == (recorded.span_id, None)
    assert recorded.attributes == {"items": 3, "total": 7.5}


def test_any_name_is_an_attributes_name() -> None:
    names = {"self": 1, "name": 2, "attributes": 3, "with space": 4}
    with capture() as seen, spanwise.span("work", **names) as span:
        span.set(**names)
        spanwise.event("seen", **names)
    assert (seen.one("work").attributes, seen.one("work").events) == (names, [("seen", names)])


def test_an_exception_is_recorded_and_goes_on() -> None:
    with capture() as seen, pytest.raises(KeyError, match="gone"), spanwise.span("work"):
        raise KeyError("gone")
    (span,) = seen.spans
    assert (span.status, span.attributes) == ("error", {"error.type": "KeyError"})
    assert span.events[0][1]["exception.message"] == "'gone'"


@spanwise.trace
def plain(number: int) -> int:
    return number + 1


@spanwise.trace("named", kind="test")
async def coroutine(number: int) -> int:
    await asyncio.sleep(0)
    return number + 1


@spanwise.trace
def generator() -> Iterator[str]:
    yield current()
    yield current()


@spanwise.trace
async def async_generator() -> AsyncIterator[str]:
    yield current()
    yield current()


def test_functions_of_every_kind_are_spans_and_keep_their_results() -> None:
    async def collect() -> list[str]:
        return [value async for value in async_generator()]

    with capture() as seen:
        assert (plain(1), asyncio.run(coroutine(1))) == (2, 2)
        assert set(generator()) == {seen.spans[-1].span_id}
        assert set(asyncio.run(collect())) == {seen.spans[-1].span_id}
    assert [span.name for span in seen.spans] == ["plain", "named", "generator", "async_generator"]
    assert seen.one("named").attributes == {"kind": "test"}


def test_a_generator_leaves_its_callers_context_alone() -> None:
    with capture(), spanwise.span("caller"):
        mine = current()
        for inside in generator():
            assert inside != mine
            assert current() == mine


def test_send_throw_and_return_reach_the_generator() -> None:
    @spanwise.trace
    def echo() -> Any:
        received = yield "ready"
        try:
            yield received
        except ValueError:
            yield "caught"
        return "done"

    with capture() as seen:
        running = echo()
        assert next(running) == "ready"
        assert running.send(5) == 5
        assert running.throw(ValueError()) == "caught"
        with pytest.raises(StopIteration) as stop:
            next(running)
        assert stop.value.value == "done"
    assert seen.spans[0].status == "unset"


def test_an_async_generator_closed_in_another_task_ends_its_span_and_nothing_else() -> None:
    async def main() -> str:
        with spanwise.span("caller"):
            running = async_generator()
            await running.__anext__()
            await asyncio.create_task(running.aclose())  # type: ignore[attr-defined]
            return current()

    with capture() as seen:
        left = asyncio.run(main())
    assert [span.name for span in seen.spans] == ["async_generator", "caller"]
    assert left == seen.one("caller").span_id


def test_a_span_held_open_over_a_yield_in_another_task_corrupts_nothing() -> None:
    async def holding() -> AsyncIterator[int]:
        with spanwise.span("held"):
            yield 1

    async def main() -> tuple[str, str]:
        running = holding()
        await asyncio.create_task(running.__anext__())  # type: ignore[arg-type]
        before = current()
        await running.aclose()  # type: ignore[attr-defined]
        return before, current()

    with capture() as seen:
        assert asyncio.run(main()) == ("0" * 16, "0" * 16)
    assert [span.name for span in seen.spans] == ["held"]


def test_tasks_and_threads_carry_the_context() -> None:
    async def main() -> list[str]:
        with spanwise.span("caller"):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(coroutine(1))
            await asyncio.to_thread(plain, 1)
            await task
            return [current()]

    with capture() as seen:
        (caller,) = asyncio.run(main())
    assert {span.parent_id for span in seen.spans if span.name != "caller"} == {caller}


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no text")


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(Hostile),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@given(st.text(), st.dictionaries(st.text(), VALUES))
def test_no_value_raises(name: str, attributes: dict[str, Any]) -> None:
    with capture() as seen, spanwise.span(name, **attributes) as span:
        span.set(**attributes)
    assert len(seen.spans) == 1


def test_before_init_spans_do_nothing() -> None:
    with spanwise.span("nothing", x=1) as span:
        assert not span.otel.is_recording()
    assert plain(1) == 2


def test_events_and_links_go_to_the_current_span() -> None:
    with capture() as seen:
        with spanwise.span("first") as first:
            spanwise.event("paid", amount=7.5)
        with spanwise.span("second"):
            spanwise.link(first, why="retry")
            spanwise.link(f"00-{7:032x}-{8:016x}-01")
            spanwise.link("nonsense")
    assert seen.one("first").events == [("paid", {"amount": 7.5})]
    assert seen.one("second").links == [(f"{1:032x}", f"{1:016x}"), (f"{7:032x}", f"{8:016x}")]
    spanwise.event("nowhere")
    spanwise.link(first)


def test_carry_takes_the_context_into_executors_and_threads() -> None:
    with capture() as seen, ThreadPoolExecutor(2) as pool:
        with spanwise.span("caller"):
            futures = [pool.submit(spanwise.carry(plain), number) for number in range(3)]
        assert [future.result() for future in futures] == [1, 2, 3]
        assert pool.submit(plain, 1).result() == 2
    caller = seen.one("caller").span_id
    assert [span.parent_id for span in seen.named("plain")].count(caller) == 3


def test_limits_hold_and_what_is_over_is_counted() -> None:
    with capture() as seen, spanwise.span("busy") as span:
        for number in range(200):
            span.set(**{f"key{number}": number})
            spanwise.event(f"event {number}")
        assert isinstance(span.otel, ReadableSpan)
        dropped = span.otel.dropped_attributes, span.otel.dropped_events
    assert dropped == (72, 72)
    assert (len(seen.spans[0].attributes), len(seen.spans[0].events)) == (128, 128)


def test_the_status_ok_is_final_and_nothing_changes_after_the_end() -> None:
    with capture() as seen:
        with spanwise.span("work") as span:
            span.otel.set_status(StatusCode.OK)
            span.otel.set_status(StatusCode.ERROR, "late")
        span.set(late=True)
        span.otel.add_event("late")
        span.otel.update_name("late")
        span.otel.end()
    (work,) = seen.spans
    assert (work.name, work.status, work.attributes, work.events) == ("work", "ok", {}, [])


def test_the_fixture_records_and_counts_queries(spans: Capture) -> None:
    with spanwise.span("work", **{"db.query.text": "SELECT ?"}):
        pass
    assert spans.one("work").attributes == {"db.query.text": "SELECT ?"}
    spans.assert_queries(at_most=1)
    with pytest.raises(AssertionError, match="1 statements, at most 0 expected:\n  1 x SELECT"):
        spans.assert_queries(at_most=0)


class Unreadable(Mapping[str, int]):
    """As proxies of web frameworks are outside a request."""

    def __getitem__(self, _key: str) -> int:
        raise RuntimeError

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError

    def __str__(self) -> str:
        return "unreadable"


def test_a_mapping_that_raises_costs_no_span_and_no_other_attribute() -> None:
    with capture() as seen, spanwise.span("odd", one=1, mapping=Unreadable()) as span:
        span.set(two=2, other=Unreadable())
        span.otel.set_attribute("third", cast(Any, Unreadable()))
    odd = {"mapping": "unreadable", "other": "unreadable", "third": "unreadable"}
    assert seen.one("odd").attributes == {"one": 1, "two": 2, **odd}


def test_values_and_names_that_no_protocol_knows_leave_as_text() -> None:
    with capture(), spanwise.span("x", huge=10**5000) as span:
        span.otel.set_attribute(cast(Any, 1), "numbered")
    item = outgoing_span(cast(ReadableSpan, span.otel))
    item.name = cast(Any, 5)
    scrub(item)
    encoded = encode_span(item)
    assert (encoded.name, [pair.key for pair in encoded.attributes]) == ("5", ["huge", "1"])


class Shop:
    @spanwise.trace
    @classmethod
    def opened(cls, hour: int) -> tuple[type, int]:
        return cls, hour

    @spanwise.trace("closing", kind="static")
    @staticmethod
    def closed(hour: int) -> int:
        return hour


def test_methods_of_classes_stay_such() -> None:
    with capture() as seen:
        assert (Shop.opened(8), Shop().opened(9)) == ((Shop, 8), (Shop, 9))
        assert (Shop.closed(18), Shop().closed(19)) == (18, 19)
    assert [span.name for span in seen.spans] == ["Shop.opened", "Shop.opened", "closing", "closing"]


def test_what_a_generator_does_when_it_is_closed_is_below_its_span() -> None:
    @spanwise.trace("plain")
    def plain_one() -> Iterator[int]:
        try:
            yield 1
        finally:
            spanwise.span("cleanup").__enter__().__exit__(None, None, None)

    @spanwise.trace("async")
    async def async_one() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            spanwise.span("async cleanup").__enter__().__exit__(None, None, None)

    async def closed_early() -> None:
        begun = async_one()
        await anext(begun)
        await begun.aclose()

    with capture() as seen:
        begun = plain_one()
        next(begun)
        cast(Any, begun).close()
        asyncio.run(closed_early())
    assert seen.one("cleanup").parent_id == seen.one("plain").span_id
    assert seen.one("async cleanup").parent_id == seen.one("async").span_id


def test_of_a_deep_traceback_the_innermost_frames_are_kept() -> None:
    def down(depth: int) -> None:
        if depth:
            return across(depth - 1)
        raise ValueError("at the bottom")

    def across(depth: int) -> None:
        return down(depth)

    with capture() as seen, pytest.raises(ValueError, match="bottom"), spanwise.span("deep"):
        down(300)
    text = dict(seen.spans[0].events)["exception"]["exception.stacktrace"]
    assert text.count("  File ") == 100
    assert text.splitlines()[-1] == "ValueError: at the bottom"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda span: span.set_attributes(None),
        lambda span: span.set_attributes(["a"]),
        lambda span: span.set_attribute(["a"], 1),
        lambda span: span.add_event("late", ["a"]),
        lambda span: span.add_link(span.get_span_context(), "abc"),
        lambda span: span.add_link(None),
        lambda span: span.set_status("x"),
        lambda span: span.record_exception(ValueError("x"), attributes=["a"]),
        lambda span: span.add_event("before all time", timestamp=-1),
        lambda span: span.add_event("after all time", timestamp=2**64),
        lambda span: span.add_event("no time", timestamp=True),
        lambda span: span.end(-5),
    ],
)
def test_what_is_of_a_wrong_type_raises_nothing_and_costs_no_span(wrong: Callable[[Any], None]) -> None:
    with capture() as seen, spanwise.span("work", kept=1) as span:
        wrong(span.otel)
        span.otel.add_event("at", timestamp=cast(Any, "yesterday"))
    assert encode_span(outgoing_span(cast(ReadableSpan, span.otel))).name == "work"
    assert (seen.one("work").attributes, seen.one("work").status) == ({"kept": 1}, "unset")


def test_values_that_hold_each_other_are_cut_and_do_not_hold_the_application_up() -> None:
    """A hundred nodes that each hold all: without a bound, a copy to six levels would be of 10^12 values."""
    nodes: list[dict[str, Any]] = [{"id": number} for number in range(100)]
    for node in nodes:
        node["near"] = nodes
    own: dict[str, Any] = {}
    own.update({f"self{number}": own for number in range(100)})
    assert counted(frozen(nodes)) <= MAX_VALUES + MAX_MEMBERS
    assert counted(frozen(own)) <= MAX_VALUES + MAX_MEMBERS
    deep: list[Any] = ["bottom"]
    for _ in range(20):
        deep = [deep]
    assert frozen(deep) == [[[[[["…"]]]]]]
    assert frozen({"a": [1, {"b": (2, None)}]}) == {"a": [1, {"b": [2, None]}]}


def counted(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(counted, members))
