"""Nodes beside who should be there: who is registered and sends nothing, and who sends and is not registered."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from spanwise_collector.diagnose.node_health import Found, Node
from spanwise_collector.model.registered import Register, Registered


@dataclass(frozen=True, slots=True)
class Entry:
    """An instance as a registry has it."""

    registered: Registered
    register: Register


@dataclass(slots=True)
class Registration:
    """By node, in their order: its entry, or None; what was found. `absent`: entries that no node belongs to.

    `doubtful` services have as many nodes as entries and none in common: their names are not to be compared.
    """

    entries: list[Entry | None]
    found: list[list[Found]]
    absent: list[Entry] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    read: bool = False

    def known(self, node: Node, number: int) -> bool | None:
        """Whether a node is registered; None where that cannot be said."""
        if not self.read or node.service.lower() in self.doubtful:
            return None
        return self.entries[number] is not None


def compare(nodes: Sequence[Node], registers: Sequence[Register]) -> Registration:
    """Find each node's entry by service and any of its names. Where no registry could be read, nothing is said."""
    read = [each for each in registers if each.read]
    known: dict[str, list[Entry]] = defaultdict(list)
    for register in read:
        for entry in register.entries:
            known[entry.service.lower()].append(Entry(entry, register))
    made = Registration([_entry(node, known) for node in nodes], [[] for _ in nodes], read=bool(read))
    taken = {id(each.registered) for each in made.entries if each is not None}
    for service, entries in sorted(known.items()):
        mine = [number for number, node in enumerate(nodes) if node.service.lower() == service]
        missing = [each for each in entries if id(each.registered) not in taken]
        if len(missing) == len(entries) <= len(mine):
            made.doubtful.append(service)
        else:
            made.absent += missing
    for number, node in enumerate(nodes):
        if read and made.entries[number] is None and node.service.lower() not in made.doubtful:
            made.found[number].append(Found("unregistered", _why(node, known.get(node.service.lower(), []), read)))
    return made


def _entry(node: Node, known: dict[str, list[Entry]]) -> Entry | None:
    names = node.names | {node.instance.lower()}
    return next((each for each in known.get(node.service.lower(), []) if each.registered.names & names), None)


def _why(node: Node, entries: Sequence[Entry], read: Sequence[Register]) -> str:
    if not entries:
        none = "the registry has no" if len(read) == 1 else f"none of {len(read)} registries has an"
        return f"It sends, and {none} instance of {node.service}."
    if len(entries) == 1:
        return f"It sends, and is not the one instance of {node.service} that is registered."
    return f"It sends, and is none of the {len(entries)} instances of {node.service} that are registered."


def silent(entry: Entry) -> Found:
    """What is said of an entry that no node belongs to."""
    ill = " and calls it unhealthy" if entry.registered.healthy is False else ""
    return Found(
        "registered, silent", f"{entry.register.called} has it registered{ill}, and it has sent nothing in this time."
    )
