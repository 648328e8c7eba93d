from collections import Counter

from bench.ids import BodyIds, Shape
from bench.ledger import Audit, Ledger

SHAPE = Shape(spans=2, spans_of_trace=1)
SENT = [BodyIds(SHAPE, run=0, client=0, sequence=number) for number in range(3)]


def found(*bodies: BodyIds) -> Counter[str]:
    return Counter(span for body in bodies for span in body.span_ids())


def books() -> Ledger:
    """The first two are acknowledged, the third is of unknown outcome."""
    ledger = Ledger()
    ledger.acknowledge(SENT[0])
    ledger.acknowledge(SENT[1])
    ledger.doubt(SENT[2])
    return ledger


def test_what_is_acknowledged_is_owed_and_what_is_unknown_may_be_there() -> None:
    assert books().audit(found(SENT[0], SENT[1])).kept
    assert books().audit(found(*SENT)).kept


def test_a_lost_span_is_named() -> None:
    assert books().audit(found(SENT[0])) == Audit(
        acknowledged=4,
        unknown=2,
        found=2,
        missing=sorted(SENT[1].span_ids()),
        duplicate=[],
        foreign=[],
    )


def test_a_span_found_twice_is_named_even_when_its_outcome_was_unknown() -> None:
    audit = books().audit(found(*SENT, SENT[2]))
    assert audit.duplicate == sorted(SENT[2].span_ids())
    assert not audit.kept


def test_a_span_that_was_never_sent_is_named() -> None:
    stranger = BodyIds(SHAPE, run=1, client=0, sequence=0)
    assert books().audit(found(SENT[0], SENT[1], stranger)).foreign == sorted(stranger.span_ids())


def test_an_acknowledgement_settles_a_doubt_in_whichever_order_they_come() -> None:
    late, early = Ledger(), Ledger()
    late.doubt(SENT[0])
    late.acknowledge(SENT[0])
    early.acknowledge(SENT[0])
    early.doubt(SENT[0])
    assert late == early == Ledger({SENT[0]}, set())


def test_joining_settles_what_another_client_knows() -> None:
    unsure = Ledger(set(), {SENT[0], SENT[1]})
    assert unsure.join([Ledger({SENT[0]}, set())]) == Ledger({SENT[0]}, {SENT[1]})
