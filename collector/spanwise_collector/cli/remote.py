"""Asking a running collector: where it is, the key that is shown, one request, and why there is no answer."""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from spanwise_collector.errors import excerpt

USAGE, UNREACHABLE = 2, 3
DEFAULT_URL: Final = "http://127.0.0.1:4318"
_SECONDS: Final = 60
_DENIED: Final = re.compile(r'-[\w.@/][\w.@/-]*(?:[:=<>]|!=)|-[({"]')


class _NoRedirects(HTTPRedirectHandler):
    """A key is for the address that was given: urllib would show it to whatever that one names."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER: Final = build_opener(_NoRedirects)


class Failure(Exception):
    """Why a command ends before its work is done; `code` is what it exits with.

    `status`: that of the collector's refusal; None where it was not reached or not asked.
    """

    def __init__(self, message: str, status: int | None = None, *, code: int = UNREACHABLE) -> None:
        super().__init__(message)
        self.status = status
        self.code = USAGE if status is not None and status < 500 else code


class Parser(argparse.ArgumentParser):
    """Takes what begins as a term of a query that is denied, `-service:shop`, for a query and not for options.

    What begins with an option of one letter that takes a value, as `-oday=1.json`, is that option.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        valued = tuple(
            name for name, action in self._option_string_actions.items() if len(name) == 2 and action.nargs != 0
        )
        words = sys.argv[1:] if args is None else args
        # argparse takes no argument for an option that begins with a blank; whatever it was taken for loses it again.
        blank = {f" {each}": each for each in words if _DENIED.match(each) and not each.startswith(valued)}
        found, unknown = super().parse_known_args(
            [f" {each}" if f" {each}" in blank else each for each in words], namespace
        )
        for name, value in vars(found).items():
            if isinstance(value, str):
                setattr(found, name, blank.get(value, value))
            elif isinstance(value, list):
                setattr(found, name, [blank.get(each, each) for each in value])
        return found, [blank.get(each, each) for each in unknown]


def add_options(parser: argparse.ArgumentParser, scope: str = "read") -> None:
    """The options of every command that asks: where the collector is, and a key with the scope."""
    parser.add_argument("--url", help=f"address of the collector (SPANWISE_ENDPOINT) [{DEFAULT_URL}]")
    shown = "SPANWISE_KEY, which other users of the machine cannot see"
    parser.add_argument("--key", help=f"a key with the scope {scope} ({shown})")


def key_headers(key: str | None) -> dict[str, str]:
    """The headers that show a key: the one given, else that of SPANWISE_KEY, else none."""
    found = key or os.environ.get("SPANWISE_KEY")
    return {"Authorization": f"Bearer {found.strip()}"} if found else {}


def address(given: str | None) -> SplitResult:
    """Where the collector is: what was given, else SPANWISE_ENDPOINT, else this machine; raises Failure."""
    url = (given or os.environ.get("SPANWISE_ENDPOINT") or DEFAULT_URL).rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Failure(f"{excerpt(url)} is not an address: give --url http://host:port.", code=USAGE)
    return parts


def answer_of(
    given: argparse.Namespace,
    path: str,
    query: Mapping[str, str | None],
    *,
    headers: Mapping[str, str] | None = None,
    wish: Mapping[str, Any] | None = None,
    seconds: float = _SECONDS,
) -> HTTPResponse:
    """The collector's positive answer, still to be read; raises Failure.

    `query` without its values of None; `wish` is posted as JSON where it is given. `seconds`: the longest silence.
    """
    words = urlencode({key: value for key, value in query.items() if value is not None})
    body = None if wish is None else json.dumps(wish).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    where = address(given.url)
    url = f"{where.geturl()}{path}{'?' if words else ''}{words}"
    request = Request(url, body, {**key_headers(given.key), **kind, **(headers or {})})  # noqa: S310 - of HTTP
    try:
        answer: HTTPResponse = _OPENER.open(request, timeout=seconds)
    except HTTPError as error:
        with error:
            raise Failure(said(error), error.code) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise unreached(where, getattr(error, "reason", error)) from error
    return answer


def asked(given: argparse.Namespace, path: str, **query: str | None) -> Any:
    """The collector's answer to a question, read as JSON; raises Failure."""
    return read(given, answer_of(given, path, query))


def read(given: argparse.Namespace, answer: HTTPResponse) -> Any:
    """What the collector answered in JSON; raises Failure where the connection ends before it does."""
    text = read_text(given, answer)
    try:
        return json.loads(text)
    except ValueError as error:
        raise unreached(address(given.url), error) from error


def read_text(given: argparse.Namespace, answer: HTTPResponse) -> str:
    """The same as text."""
    try:
        with answer:
            return answer.read().decode()
    except (HTTPException, OSError, ValueError) as error:
        raise unreached(address(given.url), error) from error


def unreached(where: SplitResult, reason: object) -> Failure:
    """Why a collector cannot be asked, in words."""
    place = f"{where.scheme}://{where.netloc.rpartition('@')[2]}"
    words = excerpt(str(reason))
    return Failure(f"the collector at {place} cannot be asked: {words}. Start one with: spanwise up")


def said(answer: HTTPError | HTTPResponse) -> str:
    """The collector's own sentence for a negative answer, from the API or from OTLP."""
    try:
        body = json.loads(answer.read())
        sentence = str(body["error"]["message"] if "error" in body else body["message"])
    except (HTTPException, OSError, ValueError, KeyError, TypeError):
        sentence = f"the collector answered {answer.status}."
    # What the collector says of headers helps nobody at a terminal.
    hint = " Here a key is given by SPANWISE_KEY or --key." if answer.status in (401, 403) else ""
    return excerpt(sentence, 500) + hint
