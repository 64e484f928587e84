"""The process of the mail server: SMTP, IMAP and the web inbox over one store, in one event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.reader import ProxyProtocolReader
from starlette.applications import Starlette

from clock import utc_now
from embedded.mail_imap import imap_server
from embedded.mail_inbox import inbox_routes
from embedded.mail_smtp import smtp_factory
from embedded.mail_store import MailStore
from embedded.processes import HOST


def run(directory: Path, password: str, *, smtp_port: int, imap_port: int, http_port: int) -> None:
    """Serve until SIGTERM or SIGINT. The web inbox answers only when SMTP and IMAP listen."""
    store = MailStore(directory)

    @asynccontextmanager
    async def mail_listens(app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(smtp_factory(store, password, utc_now), HOST, smtp_port)
        serve_imap = imap_server(store, password, utc_now)
        imap_callback = ProxyProtocolReader(ProxyProtocolNoop()).get_callback(serve_imap)
        imap = await asyncio.start_server(imap_callback, HOST, imap_port)
        try:
            yield
        finally:
            # They are not waited for: an open IDLE would hold the end of the process up.
            smtp.close()
            imap.close()

    app = Starlette(routes=inbox_routes(store), lifespan=mail_listens)
    uvicorn.run(
        app,
        host=HOST,
        port=http_port,
        loop="asyncio",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    store.close()
