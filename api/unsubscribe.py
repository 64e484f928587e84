"""The pages behind unsubscribe links: a GET asks, a POST does (RFC 8058), and no key is needed."""

from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.dependencies import PublicContext, PublicCtx
from api.pages import page
from api.routing import new_router
from db import unsubscribes
from db.unsubscribes import Source
from domain import tokens

PURPOSE = "unsubscribe"
"""What the tokens in these links are signed for; they carry the id of the send."""

router = new_router("unsubscribe", public=True)

# What mail programs post, as a form or in parts; the button of our page says something else.
_ONE_CLICK = b"One-Click"
_EXAMPLE = "<!doctype html><title>You are unsubscribed</title>…"
_RESPONSES: dict[int | str, dict[str, Any]] = {
    404: {
        "description": "The link was not made by this server, or what it speaks of is gone",
        "content": {"text/html": {"example": "<!doctype html><title>This link does not work</title>…"}},
    },
    200: {"content": {"text/html": {"example": _EXAMPLE}}},
}


@router.head("/u/{token}", include_in_schema=False)
@router.get("/u/{token}", summary="Ask whether to unsubscribe", response_class=HTMLResponse, responses=_RESPONSES)
async def show_unsubscribe(token: str, public: PublicCtx) -> HTMLResponse:
    """A page with a button. It changes nothing, since mail servers and scanners follow every link."""
    message_id = _message_id(token, public)
    done = None if message_id is None else await unsubscribes.is_unsubscribed(public.session, message_id)
    if done is None:
        return _unknown_link()
    return _done() if done else page(200, "Unsubscribe?", "You will get no more emails from this sender.", asks=True)


@router.post("/u/{token}", summary="Unsubscribe", response_class=HTMLResponse, responses=_RESPONSES)
async def unsubscribe(token: str, request: Request, public: PublicCtx) -> HTMLResponse:
    """One click (RFC 8058), from a mail program or from the page; whatever the body is. It works twice."""
    source = Source.ONE_CLICK if _ONE_CLICK in await request.body() else Source.LINK
    id = _message_id(token, public)
    if id is None or not await unsubscribes.unsubscribe(public.session, message_id=id, now=public.now, source=source):
        return _unknown_link()
    return _done()


def _message_id(token: str, public: PublicContext) -> UUID | None:
    try:
        return tokens.verify(public.settings.require_secret_key(), PURPOSE, token)
    except tokens.BadToken:
        return None


def _done() -> HTMLResponse:
    return page(200, "You are unsubscribed", "You will get no more emails from this sender.")


def _unknown_link() -> HTMLResponse:
    return page(
        404,
        "This link does not work",
        "It is incomplete, or the address is no longer stored here. To stop the emails, reply to one and say so.",
    )
