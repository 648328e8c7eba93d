"""What coincides with the onset of a deviation: a deploy that was noted, a version that came, an attribute's value."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.onset import Shown
from spanwise_collector.diagnose.separation import Separation

_SECOND: Final = 1_000_000_000
LONGEST_BEFORE: Final = 600 * _SECOND
"""What came longer before the onset than this did not bring it about, or nobody can tell."""
LATEST_AFTER: Final = 30 * _SECOND
"""Deploys are noted when they are done, and an onset is known to a twelfth of the window: so much later at most."""

LEAST_APART: Final = 0.5
"""By how much the shares of a value differ at least, for sure, in the spans that deviate and in the others."""
MOST_ATTRIBUTES: Final = 2
# How a call ends or how long it takes is what deviates, not what brings it about.
_CONSEQUENCES: Final = (
    "error", "exception.", "http.response.", "http.status_code", "rpc.grpc.status_code", "otel.status", "status",
    "db.response.", "retry", "http.request.resend_count", "thread.", "network.peer.port", "client.port",
    "net.peer.port", "duration",
)  # fmt: skip
# Which copy of the service it is, or which version: the culprit and the versions say so.
_IDENTITY: Final = (
    "service.", "host.name", "host.id", "k8s.pod.", "container.id", "container.image.", "process.", "telemetry.",
    "deployment.id", "vcs.",
)  # fmt: skip

Kind: TypeAlias = Literal["deploy", "version", "attribute"]


@dataclass(frozen=True, slots=True)
class Deploy:
    """A version of a service that somebody noted to be put into use at a time (ns)."""

    id: int
    service: str
    version: str
    time: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A value of a resource attribute in a window, first seen `since` (ns) in a span or a log record that shows it."""

    key: str
    value: str
    since: int
    shown: Shown


@dataclass(frozen=True, slots=True)
class Coincidence:
    """One thing that came when a culprit began to deviate, or that its deviating spans have and others have not.

    `since` (ns): when it was noted, or first seen. `shown` has it; of a deploy, which shows in no span, `deploy` is
    its number.
    """

    kind: Kind
    key: str
    value: str
    since: int
    sentence: str
    shown: Shown | None = None
    deploy: int | None = None


@dataclass(frozen=True, slots=True)
class Onset:
    """When a culprit began to deviate: since (ns), known to so many nanoseconds."""

    service: str
    since: int
    within: int

    def fits(self, when: int, after: int) -> bool:
        """Whether what came at a time may have brought it about."""
        return self.since - LONGEST_BEFORE <= when <= self.since + max(after, self.within)


def deploys(noted: Iterable[Deploy], onset: Onset) -> list[Coincidence]:
    """The deploys of the culprit's own service that were noted about when it began, the nearest first."""
    near = [each for each in noted if each.service == onset.service and onset.fits(each.time, LATEST_AFTER)]
    near.sort(key=lambda each: (abs(each.time - onset.since), each.id))
    return [
        Coincidence("deploy", "service.version", each.version, each.time, _of_deploy(each, onset), deploy=each.id)
        for each in near
    ]


def _of_deploy(deploy: Deploy, onset: Onset) -> str:
    apart = onset.since - deploy.time
    when = f", {duration(apart)} before" if apart > onset.within else ""
    note = f": {deploy.note}" if deploy.note else ""
    return f"{deploy.version} of {deploy.service} was deployed at {moment(deploy.time)}{when}{note}."


def versions(usual: Mapping[str, Collection[str]], now: Iterable[Seen], onset: Onset) -> list[Coincidence]:
    """Values of resource attributes that came when it began: not in the baseline, which has others (by key)."""
    found = []
    for each in sorted(now, key=lambda seen: (seen.since, seen.key, seen.value)):
        known = usual.get(each.key, ())
        if known and each.value not in known and onset.fits(each.since, 0):
            before = sorted(known)[0] if len(known) == 1 else f"{len(known)} others"
            said = (
                f"{each.key} of {onset.service} is {each.value} since {moment(each.since)}; the baseline has {before}."
            )
            found.append(Coincidence("version", each.key, each.value, each.since, said, each.shown))
    return found


@dataclass(frozen=True, slots=True)
class Sides:
    """What the two sets of spans are, whose attributes are held against each other, in words."""

    a: str
    b: str


def attributes(ranked: Sequence[Separation], sides: Sides) -> list[tuple[Separation, str]]:
    """Of keys that tell two sets apart those that may have brought it about, with a sentence; the surest first.

    Only values that the first set has more of, by LEAST_APART for sure, and no consequences of the deviation itself.
    """
    found = []
    for each in ranked:
        best = each.values[0]
        more = best.text is not None and best.difference.low >= LEAST_APART
        if (
            more
            and not each.counted.place.field
            and not each.counted.place.key.startswith((*_CONSEQUENCES, *_IDENTITY))
        ):
            shares = best.a / max(1, each.sizes.a), best.b / max(1, each.sizes.b)
            key = each.counted.place.key
            said = f"{shares[0]:.0%} of {sides.a} have {key} {best.operator} {best.text}, {shares[1]:.0%} of {sides.b}."
            found.append((each, said))
    return found[:MOST_ATTRIBUTES]


def moment(nanoseconds: int) -> str:
    """A moment for people, in UTC."""
    return datetime.fromtimestamp(nanoseconds // _SECOND, UTC).strftime("%H:%M:%SZ")
