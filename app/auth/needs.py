"""One table: what a route asks of its caller. A route that is not in it is closed to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.auth.keys import Scope
from app.auth.roles import Role


@dataclass(frozen=True)
class Need:
    """The scope that a key must have (None: nobody need be known), and the least role in the base that is named.

    With `session` no key is enough at all: one could make another that may more.

    A base is named by the address itself, or by the document in it. With `owner` only the owner of the installation
    may. Conversations and answers in an address must be the caller's own.

    `proof` is where a change has the token of the session's pages: a header that their scripts send; or, for browsers
    without scripts, a field of a form. In the form of an `upload` it stands before the files.

    `files`: the body may be as large as files are. Of that of any other route little is read.
    """

    scope: Scope | None
    role: Role = "reader"
    owner: bool = False
    session: bool = False
    proof: Literal["header", "form", "upload"] = "header"
    files: bool = False


ANYBODY = Need(None)
READ, ASK = Need("read"), Need("ask")
EDIT, KEEP = Need("write", "editor"), Need("write", "owner")
MANAGE = Need("admin", "owner")
RUN = Need("admin", owner=True)
# A page shows whatever its reader may do, so no key that may less is enough.
PAGE = Need("admin")
# Keys, passwords: each has their own.
OWN = Need("admin", session=True)
# What a page sends without scripts. Programs have the REST interface.
FORM = Need("admin", session=True, proof="form")
FORM_OF_EDITORS = Need("admin", "editor", session=True, proof="form")

# What a phone shares comes from no page. It changes nothing, whoever sends it.
SHARE = "/share"

NEEDS: Mapping[str, Need] = {
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /source.zip": ANYBODY,
    "GET /manifest.webmanifest": ANYBODY,
    "GET /worker.js": ANYBODY,
    "GET /offline": ANYBODY,
    # It is not read at all.
    f"POST {SHARE}": Need(None, files=True),
    "POST /language": ANYBODY,
    "GET /login": ANYBODY,
    "POST /login": ANYBODY,
    "GET /setup": ANYBODY,
    "POST /setup": ANYBODY,
    "GET /": PAGE,
    "POST /ask": FORM,
    "POST /runs/{run}/stop": FORM,
    "GET /library": PAGE,
    "POST /library/{base}": Need("admin", "editor", session=True, proof="upload", files=True),
    "GET /documents/{document}": PAGE,
    "GET /documents/{document}/text": PAGE,
    "POST /documents/{document}/retry": FORM_OF_EDITORS,
    "POST /documents/{document}/password": FORM_OF_EDITORS,
    "POST /documents/{document}/delete": FORM_OF_EDITORS,
    "GET /models": PAGE,
    "GET /docs": PAGE,
    "GET /account": PAGE,
    "GET /people": PAGE,
    "GET /settings": PAGE,
    "GET /settings/backup": RUN,
    "GET /metrics": Need("read", owner=True),
    "GET /openapi.json": READ,
    "GET /api/v1/events": READ,
    "GET /api/v1/bases": READ,
    "POST /api/v1/bases": Need("write", owner=True),
    "POST /api/v1/bases/guide": Need("write", owner=True),
    "GET /api/v1/bases/{base}": READ,
    "PATCH /api/v1/bases/{base}": KEEP,
    "DELETE /api/v1/bases/{base}": KEEP,
    "POST /api/v1/bases/{base}/restore": KEEP,
    "POST /api/v1/bases/{base}/reread": EDIT,
    "POST /api/v1/bases/{base}/retry": EDIT,
    "POST /api/v1/bases/{base}/documents": Need("write", "editor", files=True),
    "GET /api/v1/bases/{base}/documents": READ,
    "GET /api/v1/bases/{base}/members": MANAGE,
    "PUT /api/v1/bases/{base}/members/{user}": MANAGE,
    "GET /api/v1/documents": READ,
    "GET /api/v1/documents/{document}": READ,
    "DELETE /api/v1/documents/{document}": EDIT,
    "POST /api/v1/documents/{document}/restore": EDIT,
    "POST /api/v1/documents/{document}/move": EDIT,
    "POST /api/v1/documents/{document}/retry": EDIT,
    "POST /api/v1/documents/{document}/password": EDIT,
    "GET /api/v1/documents/{document}/original": READ,
    "GET /api/v1/documents/{document}/chunks": READ,
    "GET /api/v1/documents/{document}/report": READ,
    "GET /api/v1/documents/{document}/pages/{page}.png": READ,
    "GET /api/v1/reading": READ,
    "PUT /api/v1/reading": RUN,
    "POST /api/v1/search": READ,
    "POST /api/v1/ask": ASK,
    "POST /api/v1/read-ahead": ASK,
    "GET /api/v1/suggestions": READ,
    "GET /api/v1/runs/{run}/suggestions": ASK,
    "GET /api/v1/runs/{run}/events": ASK,
    "POST /api/v1/runs/{run}/stop": ASK,
    "PUT /api/v1/runs/{run}/rating": ASK,
    "GET /api/v1/conversations": ASK,
    "GET /api/v1/conversations/{conversation}": ASK,
    "GET /api/v1/conversations/{conversation}/export": ASK,
    "PATCH /api/v1/conversations/{conversation}": ASK,
    "DELETE /api/v1/conversations/{conversation}": ASK,
    "GET /api/v1/models": READ,
    "POST /api/v1/models/pull": RUN,
    "POST /api/v1/models/{name}/pull": RUN,
    "DELETE /api/v1/models/{name}/pull": RUN,
    "POST /api/v1/models/{name}/use": RUN,
    "POST /api/v1/models/moving/retry": RUN,
    "DELETE /api/v1/models/{name}": RUN,
    "GET /api/v1/settings": READ,
    "PATCH /api/v1/settings": RUN,
    "GET /api/v1/settings/older": RUN,
    "GET /api/v1/settings/backup": RUN,
    "GET /api/v1/settings/backup/last": RUN,
    "GET /api/v1/settings/storage": READ,
    "GET /api/v1/me": READ,
    "PUT /api/v1/me/password": OWN,
    "DELETE /api/v1/me/session": OWN,
    "GET /api/v1/keys": OWN,
    "POST /api/v1/keys": OWN,
    "DELETE /api/v1/keys/{key}": OWN,
    "GET /api/v1/users": RUN,
    "POST /api/v1/users": RUN,
    "PUT /api/v1/users/{user}/password": RUN,
    "DELETE /api/v1/users/{user}": RUN,
}
