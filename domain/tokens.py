"""Signed tokens for links that work without a key: one purpose each, with an id and sometimes a detail in them."""

import base64
import hashlib
import hmac
from uuid import UUID

from domain import secret_keys

_ID_BYTES = 16
_SIGNATURE_BYTES = 12


class BadToken(ValueError):
    """The token was not made by us for this purpose."""


def sign(keys: str, purpose: str, id: UUID, detail: bytes = b"") -> str:
    """A URL-safe token for ``id`` of 38 characters, more with a ``detail`` beside the id.

    ``keys`` is the secret key (comma-separated: the first signs).
    """
    said = id.bytes + detail
    return _encode(said + _signature(secret_keys.each(keys)[0], purpose, said))


def verify(keys: str, purpose: str, token: str) -> UUID:
    """The id that was signed for ``purpose`` by any of ``keys``; raises ``BadToken`` for everything else."""
    id, detail = verify_with_detail(keys, purpose, token)
    if detail:
        raise BadToken("it says more than an id")
    return id


def verify_with_detail(keys: str, purpose: str, token: str) -> tuple[UUID, bytes]:
    """The id and the detail that were signed for ``purpose`` by any of ``keys``; raises ``BadToken`` else."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise BadToken("malformed token") from error
    said, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if len(said) < _ID_BYTES:
        raise BadToken("malformed token")
    if not any(hmac.compare_digest(signature, _signature(key, purpose, said)) for key in secret_keys.each(keys)):
        raise BadToken("the signature does not fit")
    return UUID(bytes=said[:_ID_BYTES]), said[_ID_BYTES:]


def _signature(key: str, purpose: str, said: bytes) -> bytes:
    message = purpose.encode() + b"\0" + said
    return hmac.new(key.encode(), message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
