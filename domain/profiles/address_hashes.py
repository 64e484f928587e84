"""Keyed hashes of addresses: they tell whether an address is one that was known, and nothing else about it."""

import hmac
from uuid import UUID

from domain import secret_keys

_PURPOSE = b"opendoors erased addresses"
_LABEL = "hmac-sha256:"


class AddressHashes:
    """HMAC-SHA-256 (RFC 2104) with keys that are derived from the secret key for this purpose alone.

    The first of the comma-separated keys makes hashes; those that any of them made are known again. Without its key
    a hash says nothing, not even for a list of guessed addresses, and two customers' hashes of one address differ.
    """

    __slots__ = ("_keys",)

    def __init__(self, secret_key: str) -> None:
        self._keys = [hmac.digest(key.encode(), _PURPOSE, "sha256") for key in secret_keys.each(secret_key)]

    def of(self, customer_id: UUID, address: str) -> str:
        """The hash of a normalised address (or ``@domain``), to be kept: 76 characters."""
        return _hash(self._keys[0], customer_id, address)

    def each(self, customer_id: UUID, address: str) -> list[str]:
        """The hashes under which a normalised address may have been kept, the newest key's first."""
        return [_hash(key, customer_id, address) for key in self._keys]


def _hash(key: bytes, customer_id: UUID, address: str) -> str:
    return _LABEL + hmac.digest(key, customer_id.bytes + address.encode(), "sha256").hex()
