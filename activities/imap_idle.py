"""IDLE (RFC 2177): the server says when mail has come in, and meanwhile nobody waits in a thread.

``begin`` and ``end`` speak to the server and block; between them the event loop watches the socket.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imap_tools import BaseMailBox

RENEW_SECONDS = 28 * 60
"""Servers log off who idles for 30 minutes (RFC 2177)."""


def forget(box: BaseMailBox) -> None:
    """What the server has told of new mail so far is about to be looked for."""
    client: Any = box.client
    client.untagged_responses.pop("EXISTS", None)


def begin(box: BaseMailBox) -> bytes | None:
    """Idle; answers the command's tag. None: the server cannot, or does not want to."""
    client: Any = box.client
    if "IDLE" not in client.capabilities:
        return None
    # Some servers tell who idles of what comes from then on, but not of what has come since the last command.
    client.noop()
    tag: bytes = client._command("IDLE")
    while client._get_response() is not None:  # None is the server's “go on”.
        if client.tagged_commands[tag]:
            client.capabilities = tuple(one for one in client.capabilities if one != "IDLE")
            return None
    return tag


def has_news(box: BaseMailBox) -> bool:
    """Whether the server has told of mail since ``forget``, or said something that was not looked at yet."""
    client: Any = box.client
    return "EXISTS" in client.untagged_responses or _has_unread(client)


def end(box: BaseMailBox, tag: bytes) -> bool:
    """Idle no more; answers whether mail has come in since ``forget``."""
    client: Any = box.client
    client.send(b"DONE\r\n")
    client._command_complete("IDLE", tag)
    return "EXISTS" in client.untagged_responses


@contextmanager
def speaking(box: BaseMailBox) -> Iterator[asyncio.Future[None]]:
    """A future that is done as soon as the server says anything, or hangs up."""
    loop = asyncio.get_running_loop()
    spoken: asyncio.Future[None] = loop.create_future()
    descriptor = box.client.socket().fileno()
    loop.add_reader(descriptor, _mark, spoken)
    try:
        yield spoken
    finally:
        loop.remove_reader(descriptor)


def _mark(spoken: asyncio.Future[None]) -> None:
    if not spoken.done():
        spoken.set_result(None)


def _has_unread(client: Any) -> bool:
    """Whether bytes of the server lie in our buffers already: the socket is then silent, but something was said."""
    patience = client.sock.gettimeout()
    client.sock.settimeout(0)
    try:
        return bool(client.file.peek(1))
    except OSError:  # Nothing is there: so says TLS.
        return False
    finally:
        client.sock.settimeout(patience)
