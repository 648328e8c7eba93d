"""A message of syslog, as RFC 5424 and RFC 3164 have it, and what becomes of it in OTLP."""

import re
from typing import Any, Final

from spanwise_collector.receive.log_batch import Record, clean
from spanwise_collector.receive.log_fields import Reading, from_line
from spanwise_collector.receive.log_ids import ids_of
from spanwise_collector.receive.log_severity import SYSLOG
from spanwise_collector.receive.log_time import SYSLOG_TIME, time_in, time_of

_FACILITIES: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "security", "console", "solaris-cron", *(f"local{number}" for number in range(8)),
)  # fmt: skip
_WORDS: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_PRIORITY: Final = re.compile(r"<(\d{1,3})>")
_NEW: Final = re.compile(r"1 (\S{1,64}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,128}) ?", re.ASCII)
_ELEMENT: Final = re.compile(r'\[([^\s="\]]+)((?: [^\s="\]]+="(?:[^"\\\]]|\\.)*")*)\]')
_PARAMETER: Final = re.compile(r' ([^\s="\]]+)="((?:[^"\\\]]|\\.)*)"')
_ESCAPED: Final = re.compile(r'\\(["\\\]])')
_ISO_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\S+ ", re.ASCII)
_TAG: Final = re.compile(r"([^\s:\[\]]{1,64})(?:\[(\d{1,10})\])?: ?")
_HOST: Final = re.compile(r"([\w.:-]{1,255}) ")
FACILITY_CODE, FACILITY, MESSAGE_ID, PID = (
    "syslog.facility.code",
    "syslog.facility.name",
    "syslog.msg.id",
    "process.pid",
)

Parsed = tuple[list[tuple[str, str]], Record]


def parse(message: bytes, reading: Reading) -> Parsed:
    """The resource and the record of one message, whatever it holds: what is not understood is text."""
    text = message.decode("utf-8", "replace").rstrip("\r\n\0")
    found = _PRIORITY.match(text)
    priority = int(found[1]) if found and int(found[1]) < 192 else -1
    rest = text[found.end() :] if found and priority >= 0 else text
    new = _NEW.match(rest)
    resource, record = _new(rest, new, reading) if new is not None else _old(rest, reading)
    if priority >= 0:
        facility, severity = divmod(priority, 8)
        record.attributes[FACILITY_CODE] = facility
        record.attributes[FACILITY] = _FACILITIES[facility]
        record.severity, record.severity_text = SYSLOG[severity], _WORDS[severity]
    return [(key, clean(value)) for key, value in resource.items() if value], record


def _new(rest: str, header: re.Match[str], reading: Reading) -> tuple[dict[str, str], Record]:
    moment, host, app, process, message_id = ("" if part == "-" else part for part in header.groups())
    data, body = _structured(rest[header.end() :])
    # rsyslog forwards the blank that stands between tag and text in RFC 3164.
    record, service = from_line(_plain(body.removeprefix(" ")), reading)
    record.time = time_of(moment, reading.zone) or record.time
    record.attributes |= data
    if message_id:
        record.attributes[MESSAGE_ID] = message_id
    if process:
        record.attributes[PID] = int(process) if process.isascii() and process.isdigit() else process
    if not record.ids.trace_id:
        # The names of parameters follow the id of their element: [trace@1 trace_id="…"].
        record.ids, _ = ids_of({key.rpartition(".")[2]: value for key, value in data.items()})
    return {"service.name": app or service, "host.name": host}, record


def _structured(text: str) -> tuple[dict[str, Any], str]:
    if text.startswith("-"):
        return {}, text[1:].removeprefix(" ").removeprefix("\ufeff")
    found: dict[str, Any] = {}
    position = 0
    while (element := _ELEMENT.match(text, position)) is not None:
        for name, value in _PARAMETER.findall(element[2]):
            found[f"{element[1]}.{name}"] = _ESCAPED.sub(r"\1", value)
        position = element.end()
    return found, text[position:].removeprefix(" ").removeprefix("\ufeff")


def _plain(text: str) -> str:
    """Without the cookie that announces JSON."""
    return text.removeprefix("@cee:").lstrip(" ") if text.startswith("@cee:") else text


def _old(rest: str, reading: Reading) -> tuple[dict[str, str], Record]:
    """RFC 3164 describes what was in use and demands nothing, so each part may be missing."""
    time, host, tag, process = 0, "", "", ""
    stamp = SYSLOG_TIME.match(rest) or _ISO_TIME.match(rest)
    if stamp is not None:
        time = time_in(stamp[0].strip(), reading.zone)
        rest = rest[stamp.end() :].lstrip(" ")
        named = _HOST.match(rest)
        # Devices leave the host out: a word that ends in a colon is the tag.
        if named is not None and not named[1].endswith(":"):
            host, rest = named[1], rest[named.end() :]
    if (match := _TAG.match(rest)) is not None:
        tag, process, rest = match[1], match[2] or "", rest[match.end() :]
    record, service = from_line(_plain(rest), reading)
    record.time = time or record.time
    if process:
        record.attributes[PID] = int(process)
    return {"service.name": tag or service, "host.name": host}, record
