"""Rule: an instance sent spans and sends none any more, or none at the end, while its siblings go on in its place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import STRONGEST, Moments, Row
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds


def silent_instances(before: Sequence[Row], now: Sequence[Row], thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every instance that is missing from a service which has fewer instances than before."""
    old, new = _spans(before), _spans(now)
    found = []
    for service, usual in old.items():
        present = new.get(service, {})
        if not 0 < len(present) < len(usual):
            continue
        for instance, spans in usual.items():
            if instance not in present and spans >= thresholds.gone_instance_spans:
                gone = Operation(service, instance, "")
                found.append(Blame(gone, "gone", "silent", STRONGEST, Moments(spans), Moments(), gone))
    return found + _ended(before, now, thresholds.gone_instance_due)


def _ended(before: Sequence[Row], now: Sequence[Row], due: int) -> list[Blame]:
    """Instances that sent at first and then no more, though their share of what their service went on with was due."""
    old = _spans(before)
    slices: dict[str, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for row in now:
        if row.what == "end" and not row.other_service:
            slices[row.service][row.bucket][row.instance] += row.n
    found = []
    for service, by_slice in slices.items():
        usual = old.get(service, {})
        # Who is new has come in the place of who has gone.
        if {instance for sent in by_slice.values() for instance in sent} - set(usual):
            continue
        for instance, spans in usual.items():
            sent = [at for at, each in by_slice.items() if each[instance]]
            left = sum(sum(each.values()) for at, each in by_slice.items() if sent and at > max(sent))
            if left * spans / sum(usual.values()) >= due:
                gone = Operation(service, instance, "")
                total = sum(each[instance] for each in by_slice.values())
                found.append(Blame(gone, "gone", "silent", STRONGEST, Moments(spans), Moments(total), gone))
    return found


def _spans(rows: Sequence[Row]) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.what == "end" and not row.other_service:
            found[row.service][row.instance] += row.n
    return found
