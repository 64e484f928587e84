"""The pixel and the links of emails: they answer at once, and what they saw is recorded a moment later."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.hit_recorder import HitRecorder
from api.pages import HEADERS, page
from api.problems import problems
from domain import tokens
from domain.tracking import tracking
from domain.tracking.hit_classes import Hit, HitKind
from settings import Settings

MAX_USER_AGENT = 1000
"""Characters that are kept."""
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
    b"\x01\x00\x00\x02\x02D\x01\x00;"
)
"""One transparent pixel."""


class GifResponse(Response):
    media_type = "image/gif"


router = APIRouter(tags=["tracking"], responses=problems(500, 503))
_GIF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/gif": {"schema": {"type": "string", "format": "binary"}, "example": "GIF89a…"}}}
}
_REDIRECT: dict[int | str, dict[str, Any]] = {
    302: {"description": "To the link as it was written, and nowhere else", "headers": {"Location": {"schema": {}}}},
    404: {
        "description": "The link was not made by this server, or is no longer stored",
        "content": {"text/html": {"example": "<!doctype html><title>This link does not work</title>…"}},
    },
}


@router.head("/t/o/{token}.gif", include_in_schema=False)
@router.get("/t/o/{token}.gif", summary="The pixel of an email", response_class=GifResponse, responses=_GIF)
async def open_email(token: str, request: Request) -> GifResponse:
    """Always a picture, so that no email looks broken. Who asks is recorded, and classed as human or machine."""
    try:
        message_id = tokens.verify(_keys(request), tracking.OPEN, token)
    except tokens.BadToken:
        pass
    else:
        _recorder(request).put(_hit(request, HitKind.OPEN, message_id))
    return GifResponse(PIXEL, headers=HEADERS)


@router.head("/t/c/{token}", include_in_schema=False)
@router.get(
    "/t/c/{token}", summary="Follow a link of an email", status_code=302, response_class=Response, responses=_REDIRECT
)
async def follow_link(token: str, request: Request) -> Response:
    """Leads to the stored link that the token names, also after the email and its sequence are gone."""
    try:
        message_id, link_id = tracking.clicked(_keys(request), token)
    except tokens.BadToken:
        return _unknown_link()
    recorder = _recorder(request)
    if link_id == tracking.HONEYPOT:
        recorder.put(_hit(request, HitKind.CLICK, message_id, link_id))
        return page(200, "Nothing is here", "This link leads nowhere: people do not see it.")
    url = await recorder.url_of(link_id)
    if url is None:
        return _unknown_link()
    recorder.put(_hit(request, HitKind.CLICK, message_id, link_id))
    return Response(status_code=302, headers={**HEADERS, "Location": tracking.location(url)})


def _hit(request: Request, kind: HitKind, message_id: UUID, link_id: int | None = None) -> Hit:
    now: datetime = request.app.state.clock()
    agent = request.headers.get("user-agent", "").replace("\0", "")[:MAX_USER_AGENT]
    return Hit(kind, message_id, now, request.method, agent, _address(request), link_id)


def _address(request: Request) -> str | None:
    """The client's address, as the server knows it: that of a proxy unless the proxy is trusted to name it."""
    if request.client is None:
        return None
    try:
        return str(ip_address(request.client.host))
    except ValueError:
        return None


def _unknown_link() -> HTMLResponse:
    return page(404, "This link does not work", "It is incomplete, or what it led to is no longer stored here.")


def _keys(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.require_secret_key()


def _recorder(request: Request) -> HitRecorder:
    return cast(HitRecorder, request.app.state.hits)
