"""Requests that a user can aim: where they may go (OWASP: server-side request forgery)."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address.


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where it only carries another one inside."""
    ip = ip_address(address.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (ip, *_inside(ip)))


def url_problem(url: str, *, allow_private: bool) -> str | None:
    """Why a request may not go to the URL, as the end of a sentence about it; None when it may.

    Names are not looked up here: what they stand for may change until the request, which checks it again.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        return "must begin with https://"
    if not parts.hostname or parts.username is not None or parts.fragment or not re.fullmatch(r"[\x21-\x7e]+", url):
        return "must name a host, without user, fragment or blanks"
    try:
        is_allowed = allow_private or is_public(parts.hostname)
    except ValueError:  # It is a name.
        is_allowed = allow_private or parts.hostname.rstrip(".").rpartition(".")[2] not in {"localhost", "local"}
    return None if is_allowed else "must not lead to a private address (OPENDOORS_ALLOW_PRIVATE_ADDRESSES)"


def _inside(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address reaches through a translator or a tunnel."""
    if isinstance(ip, IPv4Address):
        return []
    nat64 = IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None
    return [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()), nat64) if one is not None]
