"""How the difference between two sets is shown."""

from typing import Literal

from pydantic import Field

from spanwise_collector.api.models import Answer
from spanwise_collector.diagnose.call_changes import Kind
from spanwise_collector.diagnose.separation import Reason
from spanwise_collector.store.errand import rows_scanned, time_taken

Split = Literal["slow", "failed", "version", "queries", "windows", "traces", "baseline"]


class ComparedSet(Answer):
    start_time_unix_nano: int
    end_time_unix_nano: int
    matched: int = Field(description="Spans of the set.")
    looked_at: int = Field(description="Those whose attributes were counted: all, or a sample that is always the same.")
    trees: int = Field(description="Those whose call trees were merged.")
    duration: int | None = Field(description="The mean of all that matched, in ns; None without any.")
    failed: int = Field(description="Of all that matched, those that failed.")


class SeparatingValue(Answer):
    value: str | None = Field(description="None: the key is absent.")
    operator: Literal["=", ">", "<="] = Field(description="`>`, `<=`: all higher numbers than the value, all others.")
    term: str | None = Field(description="The same as a term of a query; None where the value was cut.")
    a: int = Field(description="Spans, or traces where `where` is trace, of `a` that have it.")
    b: int
    share_a: float
    share_b: float
    difference: float = Field(description="`share_a` less `share_b`.")
    low: float = Field(description="The difference lies from here …")
    high: float = Field(description="… to here; were all keys without meaning, one such interval in 20 answers is off.")


class SeparatingKey(Answer):
    key: str
    where: Literal["span", "trace"] = Field(description="On the compared spans, or on others of their traces.")
    service: str | None = Field(description="Whose spans, where `where` is trace.")
    score: float = Field(description="How far the shares of its best value are apart at least; 0: may be chance.")
    claim: str
    distinct: int = Field(description="Different values.")
    values: list[SeparatingValue] = Field(description="At most 10, the most separating first.")


class LeftOutKey(Answer):
    key: str
    where: Literal["span", "trace"]
    service: str | None
    reason: Reason
    distinct: int
    a: int
    b: int


class Separations(Answer):
    returned: int
    total: int
    reason: Literal["end", "limit"]
    tests: int = Field(description="Shares that were held against each other; the more, the wider the intervals.")
    keys: list[SeparatingKey] = Field(description="The most separating first.")
    left_out: list[LeftOutKey] = Field(description="Keys that were seen and not ranked, by name; at most 500.")
    left_out_total: int


class PlaceFigures(Answer):
    present: float = Field(description="Share of the compared spans that have such a call below them.")
    calls: float = Field(description="For each compared span.")
    duration: int = Field(description="Of one call, in ns.")
    self_time: int = Field(description="Of one call: what no child covers.")
    failed: float = Field(description="Share of the calls.")


class CallPlace(Answer):
    """A call, or rather all calls with the same service, operation and calls above them."""

    id: int
    parent: int | None = Field(description="The id of the place above it, which is in the list too; None at the top.")
    depth: int
    service: str
    operation: str
    a: PlaceFigures
    b: PlaceFigures
    changes: list[Kind] = Field(description="Of `a` against `b`; what may be chance is not listed.")
    claim: str = Field(description='"" where nothing changed.')
    share: float = Field(description="Of the difference, in time or in failures: whichever it has more of.")
    share_of_time: float = Field(description="Of the sum of all differences of self time.")
    share_of_failures: float = Field(description="Of the sum of all differences of failures, counted where they began.")


class CallTree(Answer):
    returned: int
    total: int
    reason: Literal["end", "limit"]
    places: list[CallPlace] = Field(description="The greatest share of the difference first.")


class Comparison(Answer):
    split: Split
    summary: str
    threshold: int | None = Field(description="In ns: what lasts longer is in `a`. None but where slow is compared.")
    usual: Literal["mean", "median"] = Field(
        description="What the times and calls of `b` in `calls` are; of `a` means."
    )
    a: ComparedSet
    b: ComparedSet
    attributes: Separations
    calls: CallTree
    rows_scanned: int = Field(default_factory=rows_scanned, description="Rows that the store has read for it.")
    time: int = Field(default_factory=time_taken, description="How long it took, in ns.")
