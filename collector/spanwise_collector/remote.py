"""What a command needs that speaks to a running collector: the key it shows, and the words of a refusal."""

import argparse
import json
import os
from urllib.error import HTTPError
from urllib.parse import SplitResult, urlsplit

from spanwise_collector.errors import excerpt

DEFAULT_URL = "http://127.0.0.1:4318"


def add_key(parser: argparse.ArgumentParser, scope: str = "read") -> None:
    """The option that names a key."""
    shown = "SPANWISE_KEY, which other users of the machine cannot see"
    parser.add_argument("--key", help=f"a key with the scope {scope} ({shown})")


def key_headers(key: str | None) -> dict[str, str]:
    """The headers that show a key: the one given, else that of SPANWISE_KEY, else none."""
    found = key or os.environ.get("SPANWISE_KEY")
    return {"Authorization": f"Bearer {found.strip()}"} if found else {}


def address(given: str | None) -> SplitResult:
    """Where the collector is: what was given, else SPANWISE_ENDPOINT, else this machine; ValueError in words."""
    url = (given or os.environ.get("SPANWISE_ENDPOINT") or DEFAULT_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{excerpt(url)} is not an address: give --url http://host:port.")
    return parts


def said(error: HTTPError) -> str:
    """The collector's own sentence for a negative answer, from the API or from OTLP."""
    try:
        body = json.load(error)
        sentence = str(body["error"]["message"] if "error" in body else body["message"])
    except (ValueError, KeyError, TypeError):
        sentence = f"the collector answered {error.code}."
    # What the collector says of headers helps nobody at a terminal.
    hint = " Here a key is given by SPANWISE_KEY or --key." if error.code in (401, 403) else ""
    return excerpt(sentence, 500) + hint
