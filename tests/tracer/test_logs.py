"""Records of logging, structlog and loguru: with ids, fields and exceptions, once, and with nothing else changed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import loguru
import pytest
import spanwise
import structlog
from spanwise.export.records import Record
from spanwise.instrument.structlog import add_ids
from spanwise.testing import capture

from tests.tracer.processes import run_script
from tests.tracer.sink import Sink

logger = logging.getLogger("shop.orders")


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    logger.setLevel(logging.INFO)
    yield
    logger.propagate = True
    structlog.reset_defaults()


def copies(log: Any, **settings: Any) -> list[Record]:
    with capture(**settings) as seen, spanwise.span("work"):
        log()
    assert {record.span_id for record in seen.records} <= {int(seen.spans[-1].span_id, 16)}
    return seen.records


def test_extra_fields_keep_their_types_and_the_place_in_the_code_is_named() -> None:
    extra = {"order": 7, "total": 7.5, "paid": True, "tags": ["a", 1], "path": Path("/x"), "nested": {"a": {"b": None}}}
    (record,) = copies(lambda: logger.info("placed %s", 7, extra=extra))
    assert record.body == "placed 7"
    assert {key: record.attributes[key] for key in extra} == {**extra, "path": "/x"}
    assert record.attributes["code.file.path"] == __file__
    assert record.attributes["code.function.name"] == "<lambda>"


def test_an_exception_brings_its_frames() -> None:
    def fail() -> None:
        try:
            raise KeyError("gone")
        except KeyError:
            logger.exception("failed")

    (record,) = copies(fail)
    assert (record.attributes["exception.type"], record.attributes["exception.message"]) == ("KeyError", "'gone'")
    assert "in fail" in str(record.attributes["exception.stacktrace"])


def test_levels_and_filters_of_the_application_decide() -> None:
    def log() -> None:
        logger.debug("too low")
        logger.addFilter(quiet)
        logger.info("filtered")
        logger.removeFilter(quiet)

    def quiet(_record: logging.LogRecord) -> bool:
        return False

    assert copies(log) == []


def test_loggers_that_do_not_propagate_are_copied() -> None:
    own = logging.getLogger("own")
    own.propagate = False
    assert [record.body for record in copies(lambda: own.warning("here"))] == ["here"]


def test_ids_can_be_printed_and_fields_of_the_same_name_stay() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s %(trace_id)s %(span_id)s"))
    logger.addHandler(handler)
    try:
        copies(lambda: logger.info("in"))
        logger.info("out")
        copies(lambda: logger.info("own", extra={"trace_id": "mine", "span_id": "too"}))
    finally:
        logger.removeHandler(handler)
    assert out.getvalue() == f"in {1:032x} {1:016x}\nout  \nown mine too\n"


def test_a_bad_format_string_is_the_applications_own_matter() -> None:
    logger.propagate = False  # pytest's own handler would raise
    (record,) = copies(lambda: logger.info("%d", "x"))
    assert record.body == "%d"


def test_what_handlers_log_is_no_second_record() -> None:
    class Chatty(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name != "inner":
                logging.getLogger("inner").warning("handling")

    handler = Chatty()
    logger.addHandler(handler)
    try:
        assert [record.body for record in copies(lambda: logger.info("once"))] == ["once"]
    finally:
        logger.removeHandler(handler)


def test_structlog_printing_by_itself() -> None:
    out = io.StringIO()
    structlog.configure(
        processors=[add_ids, structlog.processors.KeyValueRenderer(sort_keys=True)],
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    (record,) = copies(lambda: structlog.get_logger().bind(order=7).warning("placed", total=7.5))
    assert (record.body, record.level, record.attributes) == ("placed", "WARNING", {"order": 7, "total": 7.5})
    assert out.getvalue() == f"event='placed' order=7 span_id='{1:016x}' total=7.5 trace_id='{1:032x}'\n"


def test_structlog_through_logging_is_one_record_with_its_fields() -> None:
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )

    def log() -> None:
        structlog.get_logger("shop.orders").info("placed", order=7)
        structlog.get_logger("shop.orders").debug("too low")
        logger.info("plain")

    placed, plain = copies(log)
    assert (placed.body, placed.attributes["order"], placed.logger) == ("placed", 7, "shop.orders")
    assert (plain.body, "order" in plain.attributes) == ("plain", False)


def test_structlog_exceptions_bring_their_frames() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))

    def fail() -> None:
        try:
            raise KeyError("gone")
        except KeyError:
            structlog.get_logger().exception("failed")

    (record,) = copies(fail)
    assert (record.body, record.attributes["exception.type"]) == ("failed", "KeyError")


def test_loguru_records_once_for_all_sinks_and_prints_the_same() -> None:
    first, second = io.StringIO(), io.StringIO()
    loguru.logger.remove()
    sinks = [
        loguru.logger.add(first, format="{message}|{extra}", level="INFO"),
        loguru.logger.add(second, format="{message} {trace_id}", level="WARNING"),
    ]

    def log() -> None:
        bound = loguru.logger.bind(order=7)
        bound.debug("too low")
        bound.info("placed")
        bound.warning("late")

    try:
        records = copies(log)
    finally:
        for sink in sinks:
            loguru.logger.remove(sink)
    assert [(record.body, record.level, record.attributes["order"]) for record in records] == [
        ("placed", "INFO", 7),
        ("late", "WARNING", 7),
    ]
    assert first.getvalue() == "placed|{'order': 7}\nlate|{'order': 7}\n"
    assert second.getvalue() == f"late {1:032x}\n"


PRINTING = """
import logging, sys
if len(sys.argv) < 2:
    {init}
logging.getLogger("first").warning("handler of last resort")
logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.DEBUG, stream=sys.stdout)
logging.getLogger("second").info("basicConfig works")
assert len(logging.getLogger().handlers) == 1
"""


def test_nothing_that_the_application_prints_changes(sink: Sink, tmp_path: Path) -> None:
    plain = run_script(PRINTING.format(init="pass"), sink.endpoint, tmp_path)
    traced = run_script(PRINTING.format(init="import spanwise; spanwise.init()"), sink.endpoint, tmp_path)
    assert (traced.stdout, traced.stderr) == (plain.stdout, plain.stderr)
    assert [record.body for record in sink.records] == ["handler of last resort", "basicConfig works"]


def test_an_event_of_structlog_that_a_filter_keeps_back_is_no_other_loggers_text() -> None:
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger)
    quiet, other = logging.getLogger("shop.quiet"), logging.getLogger("shop.other")
    quiet.setLevel(logging.INFO)
    other.setLevel(logging.INFO)
    quiet.addFilter(lambda _: False)

    def log() -> None:
        structlog.get_logger("shop.quiet").info("kept back", order=7)
        other.info("plain")

    (record,) = copies(log)
    assert (record.logger, record.body, "order" in record.attributes) == ("shop.other", "plain", False)


def test_structlog_finds_the_applications_line_as_without_us() -> None:
    out = io.StringIO()
    place = structlog.processors.CallsiteParameterAdder([structlog.processors.CallsiteParameter.FUNC_NAME])
    structlog.configure(
        processors=[place, structlog.processors.KeyValueRenderer(sort_keys=True)],
        logger_factory=structlog.PrintLoggerFactory(out),
    )

    def placing() -> None:
        structlog.get_logger().info("placed")

    copies(placing)
    assert out.getvalue() == "event='placed' func_name='placing'\n"
