"""Entity tags of things and the conditions that requests make of them (RFC 9110, 8.8.3 and 13.1)."""

import re
from typing import Annotated

from fastapi import Header

from domain.errors import Invalid

_TAGS = re.compile(r'\s*(?:,\s*)*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|\Z)')

IfMatch = Annotated[
    str | None,
    Header(description="Tags of the versions that may be changed (RFC 9110, 13.1.1)", examples=['"6f1d2c"']),
]
IfNoneMatch = Annotated[
    str | None,
    Header(description="Tags of the versions that are known (RFC 9110, 13.1.2)", examples=['"6f1d2c"']),
]


def etag(version: str) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def expected(if_match: str | None) -> frozenset[str] | None:
    """The versions that ``If-Match`` names; None: any. Raises ``Invalid``. Weak tags match nothing."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(version for weak, version in _read(if_match) if not weak)


def is_known(if_none_match: str | None, version: str) -> bool:
    """Whether ``If-None-Match`` names the version, by weak comparison. Raises ``Invalid``."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or version in {known for _, known in _read(if_none_match)}


def _read(tags: str) -> list[tuple[bool, str]]:
    """Each tag of a header's list: whether it is weak, and its text between the quotes."""
    read, place = [], 0
    while place < len(tags):
        match = _TAGS.match(tags, place)
        if match is None:
            detail = 'If-Match and If-None-Match hold entity tags as GET gave them, such as "6f1d2c", or *.'
            raise Invalid("etag.invalid", detail)
        read.append((match[1] is not None, match[2]))
        place = match.end()
    return read
