"""Who may do what: keys, sessions of browsers, and the one table of paths and what they ask for (ADR-0051)."""

from spanwise_collector.access.gate import Gate, grant_of, project_of
from spanwise_collector.access.guard import Answer, Guard
from spanwise_collector.access.keyring import Grant, Keyring
from spanwise_collector.access.sessions import Sessions

__all__ = ["Answer", "Gate", "Grant", "Guard", "Keyring", "Sessions", "grant_of", "project_of"]
