"""HTTP to where users aim it: names are looked up once, checked, and the connection goes to the checked address."""

import asyncio
import socket

import httpx2

from domain.outgoing import is_public, url_problem

SECONDS = 10.0
MAX_ANSWER_BYTES = 256 * 1024
KEPT_HEADERS = ("Content-Type", "Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset")
"""Of an answer: no cookies, and nothing of how it was sent."""


class PrivateAddress(Exception):
    """The host stands for an address that is not of the open internet."""


class Forbidden(httpx2.RequestError):
    """The request would have gone to a private address, or not by https."""


class TooLarge(httpx2.RequestError):
    """The answer is longer than anything that is waited for."""


def client(*, allow_private_addresses: bool) -> httpx2.AsyncClient:
    """A client for URLs that users give: no redirects, no proxies, a time-out of ten seconds for each part.

    Its requests raise ``Forbidden`` for a private address unless they are allowed; what httpx2 raises else.
    """
    return httpx2.AsyncClient(
        transport=_CheckedTransport(allow_private_addresses),
        timeout=SECONDS,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "OpenDoors", "Accept-Encoding": "identity"},
    )


async def read(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """The answer with its whole body. Raises ``TooLarge``, and ``httpx2.TimeoutException`` after twice ten seconds."""
    try:
        async with asyncio.timeout(2 * SECONDS):
            answer = await client.send(request, stream=True)
            try:
                body = bytearray()
                # As it came: what is compressed could grow a thousandfold.
                async for chunk in answer.aiter_raw():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise TooLarge("the answer is too large", request=request)
            finally:
                await answer.aclose()
    except TimeoutError:
        raise httpx2.ReadTimeout("the answer took too long", request=request) from None
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return httpx2.Response(answer.status_code, headers=headers, content=bytes(body), request=request)


async def addresses(host: str, port: int | None, *, allow_private: bool) -> list[str]:
    """The addresses of a host, to which a connection may go: not by the name, which may stand for others by then.

    Raises ``PrivateAddress`` when one of them is private and that is not allowed, ``OSError`` or ``UnicodeError`` when
    the name cannot be looked up, ``TimeoutError`` after ten seconds.
    """
    async with asyncio.timeout(SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    unique = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not allow_private and not all(map(is_public, unique)):
        raise PrivateAddress(f"{host} leads to a private address.")
    return unique


class _CheckedTransport(httpx2.AsyncBaseTransport):
    """Replaces the host of each request by an address that was checked, so that a second look-up cannot differ.

    TLS still asks for the host by its name. Connections are not kept: they would be shared by address.
    """

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if problem := url_problem(str(request.url), allow_private=self._allow_private):
            raise Forbidden(f"The URL {problem}.", request=request)
        addresses = await self._addresses(request)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_to(address, request))
            except httpx2.ConnectError:
                continue
        return await self._inner.handle_async_request(_to(addresses[-1], request))

    async def _addresses(self, request: httpx2.Request) -> list[str]:
        host, port = request.url.host, request.url.port
        try:
            return await addresses(host, port, allow_private=self._allow_private)
        except PrivateAddress as error:
            raise Forbidden(str(error), request=request) from None
        except TimeoutError:
            raise httpx2.ConnectTimeout(f"{host} could not be looked up in time", request=request) from None
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError(f"{host} could not be looked up: {error}", request=request) from None

    async def aclose(self) -> None:
        await self._inner.aclose()


def _to(address: str, request: httpx2.Request) -> httpx2.Request:
    """The same request to an address; its Host header and the name for TLS stay those of the URL."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
