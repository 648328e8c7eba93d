"""The write-ahead log between the receivers and the store: what it has answered survives anything."""

from spanwise_collector.spool.committer import Receipt
from spanwise_collector.spool.files import Clock, Files, SystemClock, SystemFiles
from spanwise_collector.spool.recovery import Recovered
from spanwise_collector.spool.segment import Segment, Signal
from spanwise_collector.spool.spool import Spool, SpoolStats

__all__ = [
    "Clock",
    "Files",
    "Receipt",
    "Recovered",
    "Segment",
    "Signal",
    "Spool",
    "SpoolStats",
    "SystemClock",
    "SystemFiles",
]
