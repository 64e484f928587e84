"""Keys that sign mail (DKIM, RFC 6376 and RFC 8463): what may be one, and what its domain publishes of it."""

import base64
import binascii
from typing import Any, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

MIN_BITS, MAX_BITS = 1024, 4096
"""Of RSA: fewer are refused by verifiers (RFC 8301 3.2), more fit no TXT record that all resolvers carry."""

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


class KeyProblem(ValueError):
    """The text is no key that can sign; the message is a sentence without a byte of it."""


def read(pem: bytes, *, trusted: bool = False) -> PrivateKey:
    """The private key in a PEM: RSA (PKCS#1 or PKCS#8) or Ed25519 (PKCS#8). Raises ``KeyProblem``.

    A ``trusted`` one has been read before: its numbers, which take 50 ms to check, are not checked again.
    """
    key = _loaded(pem, trusted=True)  # Its size says whether it is worth the checks.
    if isinstance(key, RSAPrivateKey):
        if not MIN_BITS <= key.key_size <= MAX_BITS:
            raise KeyProblem(f"is an RSA key of {key.key_size} bits; {MIN_BITS} to {MAX_BITS} are accepted, 2048 usual")
        return key if trusted else cast(RSAPrivateKey, _loaded(pem, trusted=False))
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem("is neither an RSA nor an Ed25519 key; mail is signed with no other (RFC 8463)")
    return key


def record(key: PrivateKey) -> str:
    """The TXT record to publish at ``<selector>._domainkey.<domain>`` (RFC 6376 3.6.1, RFC 8463 4)."""
    kind, public = ("rsa", _spki(key.public_key())) if isinstance(key, RSAPrivateKey) else ("ed25519", _raw(key))
    return f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"


def publishes(tags: dict[str, str], record_of_key: str) -> bool:
    """Whether a published record, as its tags, holds the public half of the key whose record is given."""
    ours = dict(part.split("=", 1) for part in record_of_key.split("; "))
    if tags.get("k", "rsa") != ours["k"]:
        return False
    return _public_bytes(ours["k"], tags.get("p", "")) == _public_bytes(ours["k"], ours["p"])


def bits(tags: dict[str, str]) -> int | None:
    """How many bits the published key has; None when it cannot be read."""
    data = _public_bytes(tags.get("k", "rsa"), tags.get("p", ""))
    if data is None or tags.get("k", "rsa") != "rsa":
        return None if data is None else len(data) * 8
    key = serialization.load_der_public_key(data)
    return key.key_size if isinstance(key, RSAPublicKey) else None


def _public_bytes(kind: str, encoded: str) -> bytes | None:
    """The key of a ``p=`` tag in one form: both SubjectPublicKeyInfo and RSAPublicKey are published for RSA."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
        if kind != "rsa":
            return data if len(data) == 32 else None
        key = serialization.load_der_public_key(data)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return _spki(key) if isinstance(key, RSAPublicKey) else None


def _spki(key: RSAPublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _raw(key: Ed25519PrivateKey) -> bytes:
    public: Ed25519PublicKey = key.public_key()
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _loaded(pem: bytes, *, trusted: bool) -> Any:
    try:
        return serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=trusted)
    except TypeError:
        raise KeyProblem("is encrypted with a passphrase; give the key without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyProblem("is no private key in PEM, such as `openssl genrsa 2048` writes it") from None
