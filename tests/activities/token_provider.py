"""A provider's token endpoint on 127.0.0.1, by HTTP or, with a certificate of its own, by HTTPS."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

Answer = tuple[int, Mapping[str, object] | str]


def rotating(form: Mapping[str, str], number: int) -> Answer:
    """Tokens named by their number; each purchase gives another refresh token, too."""
    content = {"access_token": f"access-{number}", "expires_in": 3600, "refresh_token": f"refresh-{number}"}
    return 200, content | {"token_type": "Bearer"}


@dataclass
class Provider:
    """What the endpoint was asked, and what it answers."""

    url: str
    answer: Callable[[Mapping[str, str], int], Answer] = rotating
    think_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    hosts: list[str | None] = field(default_factory=list)


@contextmanager
def token_provider(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Provider]:
    """The endpoint until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            provider.forms.append(form)
            provider.hosts.append(self.headers["Host"])
            status, content = provider.answer(form, len(provider.forms))
            time.sleep(provider.think_seconds)
            body = content if isinstance(content, str) else json.dumps(content)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **provider.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # A client that leaves in the middle is part of some tests.

    server = Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    provider = Provider(f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}/token")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
