"""Files that are uploaded: received into a temporary file before any transaction begins, however long it takes."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any, BinaryIO, cast

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from api.dependencies import authenticate, open_context
from api.routing import TransactionRoute, keyed_router
from domain.errors import Invalid

_MOST_NAME = 255
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, to be read from its beginning, as long as the request is answered."""

    file: BinaryIO
    name: str | None
    charset: str | None
    """What its content type says."""
    digest: bytes


class UploadRoute(TransactionRoute):
    """A route whose body is a file, raw or as ``multipart/form-data``; the endpoint finds it by ``upload_of``.

    No connection to the database is held while it comes in. For ``Idempotency-Key`` its digest stands for the body.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            async with request.app.state.sessions() as session:
                # Nobody without a key fills a disk.
                await authenticate(request, open_context(request, session))
            async with _received(request) as upload:
                request.state.upload = upload
                request.state.body = upload.digest
                return cast(Response, await answer(_plain(request)))

        return handler


def new_upload_router(tag: str) -> APIRouter:
    """A router of ``UploadRoute``."""
    return keyed_router(tag, UploadRoute)


def upload_of(request: Request) -> Upload:
    """The file that the request brought."""
    upload: Upload = request.state.upload
    upload.file.seek(0)
    return upload


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[Upload]:
    kind = _content_type(request.headers.get("content-type", ""))
    if kind.get_content_type() != "multipart/form-data":
        with tempfile.TemporaryFile() as file:
            async for chunk in _limited(request):
                file.write(chunk)
            yield await _upload(file, request.query_params.get("file_name"), kind)
        return
    try:
        form = await MultiPartParser(request.headers, _limited(request), max_files=1).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None
    try:
        part = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if part is None:
            raise Invalid("import.no_file", "The form holds no file; curl sends one with -F file=@contacts.csv.")
        yield await _upload(part.file, part.filename, _content_type(part.content_type or ""))
    finally:
        await form.close()


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    limit: int = request.app.state.settings.max_import_bytes
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise HTTPException(413, f"The file is larger than {limit} bytes.")
        yield chunk


async def _upload(file: BinaryIO, name: str | None, kind: Message) -> Upload:
    file.seek(0)
    digest = await asyncio.to_thread(_digest, file)
    return Upload(file, name[-_MOST_NAME:] if name else None, kind.get_content_charset(), digest)


def _digest(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.digest()


def _content_type(header: str) -> Message:
    content_type = Message()
    content_type["content-type"] = header
    return content_type


def _plain(request: Request) -> Request:
    """The request without its content type: the boundary of a form is another one whenever the form is sent."""
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    return Request({**request.scope, "headers": headers}, request.receive)
