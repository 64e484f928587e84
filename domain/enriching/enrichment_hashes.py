"""Keyed hashes of what providers were asked: bought answers are found again without keeping the question."""

import hmac
from uuid import UUID

from domain import secret_keys

_PURPOSE = b"opendoors enrichment answers"


class AskedHashes:
    """HMAC-SHA-256 (RFC 2104) with keys that are derived from the secret key for this purpose alone."""

    __slots__ = ("_keys",)

    def __init__(self, secret_key: str) -> None:
        self._keys = [hmac.digest(key.encode(), _PURPOSE, "sha256") for key in secret_keys.each(secret_key)]

    def each(self, customer_id: UUID, asked: str) -> list[bytes]:
        """The hashes under which an answer may have been kept, that to keep one under now first."""
        return [hmac.digest(key, customer_id.bytes + asked.lower().encode(), "sha256") for key in self._keys]
