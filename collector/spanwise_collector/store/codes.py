"""ClickHouse's error codes, where the collector does something because of one."""

import re
from typing import Final

# Exceptions are told apart by the text, which is the same from the embedded engine and over HTTP.
_CODE: Final = re.compile(r"[Cc]ode: (\d+)")

ABSENT: Final = frozenset((60, 81))
"""There is no such table, or no such database."""

UNWELCOME: Final = frozenset((192, 193, 194, 497, 516))
"""The user is not known, the password is wrong, or the user may not do it."""

TOO_SLOW: Final = frozenset((159, 160))
"""The time for a query was over, or would be."""

TOO_MANY_ROWS: Final = frozenset((158, 307))
"""A query would have read more rows, or bytes, than it may."""

TOO_MUCH_MEMORY: Final = frozenset((241,))
"""A query, or all together, asked for more memory than there may be."""

TROUBLE: Final = (
    ABSENT
    | UNWELCOME
    # For want of files, time, network, memory or space, for too many parts, and for a stop.
    | frozenset(
        (74, 75, 76, 77, 87, 88, 159, 164, 172, 202, 204, 209, 210, 214, 236, 241, 242, 243, 252, 279, 294, 319)
    )
    | frozenset((394, 400, 411, 424, 425, 521, 531, 586, 641, 734))
    # Of a server or cluster: names not resolved, quotas, connections, Keeper, replicas and shards away, overload.
    | frozenset((173, 198, 201, 203, 225, 244, 254, 265, 285, 286, 289, 297, 364, 415, 416, 439, 571, 574, 733))
    | frozenset((735, 745, 749, 762, 763, 774, 777, 778, 904, 999, 1000, 1019, 1020))
)
"""Any other segment would have met the same: waiting is right, however long it takes."""


_STANDARD: Final = 1001
"""What the engine's language throws, and not the engine."""


def is_trouble(reason: str) -> bool:
    """Whether an exception's text tells of TROUBLE, or of a file that could not be made, renamed or removed."""
    code = code_of(reason)
    return code in TROUBLE or (code == _STANDARD and "filesystem" in reason)


def code_of(reason: str) -> int | None:
    """The code in an exception's text, None where it has none."""
    found = _CODE.search(reason)
    return None if found is None else int(found[1])
