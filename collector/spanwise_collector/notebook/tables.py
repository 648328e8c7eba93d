"""What people write down, a class a table. Times are integers of nanoseconds since the epoch."""

from sqlalchemy import BigInteger, Float, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the notebook. A new one needs a class here and a step in `versions/` (docs/notebook.md)."""


class Key(Base):
    """A key that opens one project; of the secret itself only its SHA-256 is kept."""

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    name: Mapped[str] = mapped_column(String(200))
    project: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(64))
    created: Mapped[int] = mapped_column(BigInteger)
    last_used: Mapped[int | None] = mapped_column(BigInteger)
    revoked: Mapped[int | None] = mapped_column(BigInteger)


class SavedView(Base):
    """A question that somebody wants to ask again: the screen it belongs to, and the query of its address."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("project", "screen", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(String(64))
    screen: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    query: Mapped[str] = mapped_column(String(8000))
    created: Mapped[int] = mapped_column(BigInteger)


class ServiceColour(Base):
    """Which place a service has among those that were given a colour, from 0 on: its colour follows from that."""

    __tablename__ = "service_colours"
    # Two services never have one place, whichever collectors gave them theirs at the same time.
    __table_args__ = (UniqueConstraint("project", "place"),)

    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    service: Mapped[str] = mapped_column(String(255), primary_key=True)
    place: Mapped[int]


class LinkedView(Base):
    """The query of an address that is too long for a link, by its digest; `used`: when it was copied or opened last."""

    __tablename__ = "linked_views"

    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    query: Mapped[str] = mapped_column(Text)
    used: Mapped[int] = mapped_column(BigInteger)


class Deploy(Base):
    """A version of a service that was put into use at a time."""

    __tablename__ = "deploys"

    id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(String(64), index=True)
    service: Mapped[str] = mapped_column(String(255))
    version: Mapped[str] = mapped_column(String(255))
    time: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(2000))
    created: Mapped[int] = mapped_column(BigInteger)


class ErrorState(Base):
    """What somebody has said of a group of errors: that it is muted, resolved or open, and until when."""

    __tablename__ = "error_states"

    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    until: Mapped[str] = mapped_column(String(16))
    changed: Mapped[int] = mapped_column(BigInteger)
    after: Mapped[int] = mapped_column(BigInteger)
    versions: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(200))


class Act(Base):
    """Something that was done with the rights of an admin: never changed, never deleted."""

    __tablename__ = "acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(200))
    project: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(2000))


class Problem(Base):
    """Something that is or was broken, as the collector has seen it; people may mute it."""

    __tablename__ = "problems"

    id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(String(64), index=True)
    service: Mapped[str] = mapped_column(String(255))
    instance: Mapped[str] = mapped_column(String(255))
    operation: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    sentence: Mapped[str] = mapped_column(String(2000))
    claims: Mapped[str] = mapped_column(String(8000))
    score: Mapped[float] = mapped_column(Float)
    onset: Mapped[int] = mapped_column(BigInteger)
    last_seen: Mapped[int] = mapped_column(BigInteger)
    ended: Mapped[int | None] = mapped_column(BigInteger)
    services: Mapped[str] = mapped_column(String(8000))
    traces_per_minute: Mapped[float] = mapped_column(Float)
    trace_id: Mapped[str] = mapped_column(String(32))
    span_id: Mapped[str] = mapped_column(String(16))
    muted: Mapped[int | None] = mapped_column(BigInteger)
    mute_note: Mapped[str] = mapped_column(String(2000))


class LeaseHeld(Base):
    """What one of several collectors does at a time: its holder, "" where nobody, and how often it was renewed."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    beat: Mapped[int] = mapped_column(BigInteger)


class LastLook(Base):
    """The last look for what is broken in a project of a store, as JSON."""

    __tablename__ = "last_looks"

    store: Mapped[str] = mapped_column(String(255), primary_key=True)
    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    said: Mapped[str] = mapped_column(Text)
