"""Signed tokens for links that work without a key: one purpose each, nothing in them but an id."""

import base64
import hashlib
import hmac
from uuid import UUID

_SIGNATURE_BYTES = 12


class BadToken(ValueError):
    """The token was not made by us for this purpose."""


def sign(keys: str, purpose: str, id: UUID) -> str:
    """A URL-safe token of 38 characters for ``id``; ``keys`` is the secret key (comma-separated: the first signs)."""
    return _encode(id.bytes + _signature(_each(keys)[0], purpose, id))


def verify(keys: str, purpose: str, token: str) -> UUID:
    """The id that was signed for ``purpose`` by any of ``keys``; raises ``BadToken`` for everything else."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        id = UUID(bytes=raw[:16])
    except ValueError as error:
        raise BadToken("malformed token") from error
    if not any(hmac.compare_digest(raw[16:], _signature(key, purpose, id)) for key in _each(keys)):
        raise BadToken("the signature does not fit")
    return id


def _each(keys: str) -> list[str]:
    """The keys, without the empty one that a stray comma makes: everybody could sign with that."""
    each = [key.strip() for key in keys.split(",") if key.strip()]
    if not each:
        raise ValueError("the secret key is empty")
    return each


def _signature(key: str, purpose: str, id: UUID) -> bytes:
    message = purpose.encode() + b"\0" + id.bytes
    return hmac.new(key.encode(), message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
