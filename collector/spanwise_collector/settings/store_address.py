"""Where a ClickHouse server is and as whom to speak to it, as one URL."""

from dataclasses import dataclass, field
from typing import Annotated, Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BeforeValidator, PlainSerializer
from pydantic_settings import NoDecode

_EXPECTED = "a URL such as clickhouse://user:password@host:8123/database, or clickhouses:// for TLS"


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A server, its database and a user; as text it has neither user nor password."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    secure: bool

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """Raises ValueError unless `text` is clickhouse[s]://[user[:password]@]host[:port][/database][?secure=true]."""
        if text is None or isinstance(text, cls):
            return text
        try:
            url = urlsplit(text if isinstance(text, str) else "")
            query = parse_qs(url.query, strict_parsing=True) if url.query else {}
            port = url.port
        except ValueError:
            raise ValueError(_EXPECTED) from None
        secure = url.scheme == "clickhouses" or query.get("secure") in (["true"], ["1"])
        known = query.keys() <= {"secure"} and (secure or query.get("secure", ["false"]) in (["false"], ["0"]))
        database = unquote(url.path.removeprefix("/")) or "default"
        if url.scheme not in ("clickhouse", "clickhouses") or not url.hostname or not known or "/" in database:
            raise ValueError(_EXPECTED)
        return cls(
            host=url.hostname,
            port=port or (8443 if secure else 8123),
            user=unquote(url.username or "default"),
            password=unquote(url.password or ""),
            database=database,
            secure=secure,
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'clickhouses' if self.secure else 'clickhouse'}://{host}:{self.port}/{self.database}"


StoreUrl = Annotated[StoreAddress | None, NoDecode, BeforeValidator(StoreAddress.parse), PlainSerializer(str)]
