"""The web inbox: everybody's mailboxes, their messages, and one message at a time."""

import os
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from embedded.mail_smtp import header_text
from embedded.mail_store import Folder, MailStore, StoredMessage

_SHOWN_MESSAGES = 200
_LISTED_HEADERS = ("From", "To", "Subject", "Date")
# The mail's HTML may show itself and nothing else: no script, no form, no request to anybody.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def inbox_routes(store: MailStore) -> list[Route]:
    """The pages over `store`, and /health, which answers the process id."""
    pages = _Pages(store)
    message = "/messages/{folder:int}/{uid:int}"
    return [
        Route("/", pages.mailboxes),
        Route("/health", _health),
        Route("/mailboxes/{owner}", pages.mailbox),
        Route(message, pages.message),
        Route(f"{message}/html", pages.html),
        Route(f"{message}/raw", pages.raw),
    ]


async def _health(request: Request) -> Response:
    return PlainTextResponse(str(os.getpid()))


class _Pages:
    def __init__(self, store: MailStore) -> None:
        self._store = store
        self._templates = Jinja2Templates(Path(__file__).parent / "templates")
        self._templates.env.filters["quoted"] = lambda text: quote(text, safe="")

    async def mailboxes(self, request: Request) -> Response:
        return self._templates.TemplateResponse(request, "mailboxes.html", {"owners": self._store.owners()})

    async def mailbox(self, request: Request) -> Response:
        owner = request.path_params["owner"]
        folders = self._store.folders(owner)
        if not folders:
            raise HTTPException(404, f"nobody has the mailbox {owner}")
        listed = [(folder, self._rows(folder)) for folder in folders]
        return self._templates.TemplateResponse(request, "mailbox.html", {"owner": owner, "folders": listed})

    async def message(self, request: Request) -> Response:
        stored, content = self._find(request)
        mail = _parse(content)
        context = {
            "stored": stored,
            "headers": [(name, header_text(mail, name)) for name in _LISTED_HEADERS],
            "raw_headers": content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"),
            "text": _text(mail, "plain"),
            "has_html": _text(mail, "html") is not None,
        }
        return self._templates.TemplateResponse(request, "message.html", context)

    async def html(self, request: Request) -> Response:
        _, content = self._find(request)
        html = _text(_parse(content), "html")
        if html is None:
            raise HTTPException(404, "the message has no HTML part")
        return HTMLResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY})

    async def raw(self, request: Request) -> Response:
        _, content = self._find(request)
        return Response(content, media_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})

    def _find(self, request: Request) -> tuple[StoredMessage, bytes]:
        stored = self._store.message(request.path_params["folder"], request.path_params["uid"])
        content = self._store.content(stored.body_id) if stored else None
        if stored is None or content is None:
            raise HTTPException(404, "there is no such message")
        return stored, content

    def _rows(self, folder: Folder) -> list[tuple[StoredMessage, dict[str, str | None]]]:
        rows = []
        for stored in reversed(self._store.messages(folder.id, newest=_SHOWN_MESSAGES)):
            content = self._store.content(stored.body_id) or b""
            mail = BytesHeaderParser(policy=policy.compat32).parsebytes(content)
            rows.append((stored, {name: header_text(mail, name) for name in _LISTED_HEADERS}))
        return rows


def _parse(content: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(message, EmailMessage)
    return message


def _text(mail: EmailMessage, kind: str) -> str | None:
    """The first text part of a kind, None when there is none; an unknown charset does not hide it."""
    for part in mail.walk():
        if part.get_content_type() != f"text/{kind}" or part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        try:
            return payload.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:
            return payload.decode("utf-8", "replace")
    return None
