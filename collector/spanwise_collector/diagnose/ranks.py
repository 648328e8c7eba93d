"""What instances are blamed for, ranked by service and by operation as well."""

from collections import defaultdict
from collections.abc import Sequence

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.verdict import Culprit, ranked, weighed


def by_service(culprits: Sequence[Culprit]) -> list[Culprit]:
    """Each service with what all its instances are blamed for, the best first.

    A rule counts once, with its strongest deviation: a service has no greater score for having many instances.
    """
    found: dict[str, list[Blame]] = defaultdict(list)
    for each in culprits:
        found[each.service] += each.blames
    return ranked(weighed(service, "", blames) for service, blames in found.items())


def by_operation(culprits: Sequence[Culprit]) -> list[Culprit]:
    """Each operation of an instance with what starts with it, the best first; what has no operation is in none."""
    found: dict[tuple[str, str, str], list[Blame]] = defaultdict(list)
    for each in culprits:
        for blame in each.blames:
            if blame.culprit.name:
                found[each.service, each.instance, blame.culprit.name].append(blame)
    return ranked(weighed(service, instance, blames) for (service, instance, _), blames in found.items())
