"""Where a cache is, as an operator writes it."""

import re
from urllib.parse import urlsplit

DEFAULT_SIZE = 200
_MEMORY = re.compile(r"mem://(?:\?size=([1-9]\d{0,5}))?")
_SAID = (
    "is mem://?size=200 (how many values each process keeps) or redis://[user:password@]host[:port][/number], "
    "rediss:// with TLS"
)


def check(url: str) -> str:
    """The URL as it is. Raises ``ValueError``, which does not repeat it: it may hold a password."""
    if not _MEMORY.fullmatch(url) and not _is_redis(url):
        raise ValueError(_SAID)
    return url


def memory_size(url: str) -> int | None:
    """How many values the memory of a process keeps; None for a Redis."""
    found = _MEMORY.fullmatch(url)
    return int(found[1] or DEFAULT_SIZE) if found else None


def _is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port raises for what is none.
        addressed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = not parts.query and not parts.fragment and re.fullmatch(r"(/\d*)?", parts.path) is not None
    return parts.scheme in {"redis", "rediss"} and addressed and plain
