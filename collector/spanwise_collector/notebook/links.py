"""Views whose addresses are too long for a link: kept by what they say, so that the same view has the same link."""

import base64
import hashlib
import time
from typing import Final

from sqlalchemy import delete, select

from spanwise_collector.errors import InvalidParameter, NotFound
from spanwise_collector.notebook.database import Notebook, one_at_a_time
from spanwise_collector.notebook.tables import LinkedView

MOST: Final = 500
"""So many are kept of a project; beyond them those go that were copied or opened longest ago."""
LONGEST: Final = 16_000
"""Bytes of one: with MOST, 8 MB a project at most, whoever may read."""
_USED_AGAIN: Final = 3600 * 10**9
"""A link that is opened often is not written again for each."""


def keep(notebook: Notebook, project: str, query: str) -> str:
    """Keep the query of an address; its name in links. Raises InvalidParameter."""
    written = query.encode()
    if len(written) > LONGEST:
        raise InvalidParameter("query", f"The query has {len(written):,} bytes; {LONGEST:,} at most are kept.")
    digest = base64.urlsafe_b64encode(hashlib.sha256(written).digest()[:16]).decode().rstrip("=")
    of_project = LinkedView.project == project
    with notebook.page() as page:
        # Two who copy the same view at once would both find it missing.
        one_at_a_time(page, f"links of {project}")
        page.merge(LinkedView(project=project, digest=digest, query=query, used=time.time_ns()))
        page.flush()
        newest = select(LinkedView.digest).where(of_project).order_by(LinkedView.used.desc(), LinkedView.digest)
        page.execute(delete(LinkedView).where(of_project, LinkedView.digest.in_(newest.offset(MOST).limit(MOST))))
    return digest


def query_of(notebook: Notebook, project: str, digest: str) -> str:
    """The query that was kept under this name. Raises NotFound."""
    now = time.time_ns()
    with notebook.page() as page:
        row = page.get(LinkedView, (project, digest))
        if row is None:
            raise NotFound(f"There is no view {digest}: it was never kept, or others have been used since.")
        if now - row.used > _USED_AGAIN:
            row.used = now
        return row.query
