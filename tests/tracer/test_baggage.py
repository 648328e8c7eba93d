"""W3C baggage: limits, several headers, properties, encoding."""

from __future__ import annotations

from opentelemetry import baggage as api
from opentelemetry.context import Context
from spanwise.propagation import baggage
from spanwise.propagation.baggage import MAX_BYTES, Entry
from spanwise.propagation.propagator import Propagator


def through(*values: str) -> str:
    propagator = Propagator()
    context = propagator.extract_fields({"baggage": values}, Context())
    return propagator.headers(context).get("baggage", "")


def test_several_headers_are_one() -> None:
    context = Propagator().extract_fields({"baggage": ["a=1, b=2", "c=3"]}, Context())
    assert dict(api.get_all(context)) == {"a": "1", "b": "2", "c": "3"}


def test_values_are_decoded_and_encoded_again() -> None:
    context = Propagator().extract_fields({"baggage": ["name=J%C3%BCrgen%20M,eq=a=b,plus=1+2"]}, Context())
    assert dict(api.get_all(context)) == {"name": "Jürgen M", "eq": "a=b", "plus": "1+2"}
    assert Propagator().headers(context)["baggage"] == "name=J%C3%BCrgen%20M,eq=a=b,plus=1+2"


def test_properties_travel_with_an_unchanged_value_only() -> None:
    assert through("a=1;ttl=5;secure , b=2") == "a=1;ttl=5;secure,b=2"
    propagator = Propagator()
    context = propagator.extract_fields({"baggage": ["a=1;ttl=5"]}, Context())
    assert propagator.headers(api.set_baggage("a", "2", context))["baggage"] == "a=2"


def test_malformed_members_are_skipped() -> None:
    assert through('a=1,,=2,b,c d=3,e=\x01,f="x",g=ü,h=4') == "a=1,h=4"


def test_64_members_of_8192_bytes_pass_whole() -> None:
    members = [f"k{number:02d}={'v' * 123}" for number in range(64)]
    header = ",".join(members) + "v"
    assert len(header) == MAX_BYTES
    assert through(header) == header


def test_case_89_a_hundred_headers_of_8_kb_are_cut_at_the_first_8192_bytes() -> None:
    entries = baggage.parse([",".join(f"k{n}x{m}={'v' * 200}" for m in range(40)) for n in range(100)])
    assert sum(len(key) + 1 + len(entry.value) + 1 for key, entry in entries.items()) <= MAX_BYTES
    assert next(iter(entries)) == "k0x0"


def test_case_89_eight_kilobytes_of_commas_are_nothing() -> None:
    assert baggage.parse(["," * 8192]) == {}


def test_at_most_180_members_are_kept() -> None:
    assert list(baggage.parse([",".join(f"k{n}=v" for n in range(300))])) == [f"k{n}" for n in range(180)]


def test_what_is_sent_stays_within_the_limit() -> None:
    sent = baggage.format_header({f"k{n}": "v" * 1000 for n in range(20)}, {})
    assert sent == ",".join(f"k{n}={'v' * 1000}" for n in range(8))
    assert baggage.format_header({"bad name": 1, "good": 2}, {}) == "good=2"


def test_an_entry_knows_its_properties() -> None:
    assert baggage.parse(["a=1; p=2"]) == {"a": Entry("1", "p=2")}
