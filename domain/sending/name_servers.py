"""Name servers as an operator writes them."""

from contextlib import suppress
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit


class NameServer(NamedTuple):
    """Where DNS is asked, by UDP and TCP."""

    address: str
    port: int = 53


def parse(text: str | tuple[NameServer, ...]) -> tuple[NameServer, ...]:
    """``192.0.2.1, [2001:db8::1]:5353`` as name servers, which stay what they are. Raises ``ValueError``."""
    if not isinstance(text, str):
        return text
    return tuple(_name_server(one.strip()) for one in text.split(",") if one.strip())


def _name_server(text: str) -> NameServer:
    with suppress(ValueError):
        return NameServer(str(ip_address(text)))
    try:
        parts = urlsplit(f"//{text}")
        return NameServer(str(ip_address(parts.hostname or "")), parts.port or 53)
    except ValueError:
        raise ValueError(f"{text!r} is no name server: give its address, such as 192.0.2.1 or 192.0.2.1:5353") from None
