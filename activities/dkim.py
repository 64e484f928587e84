"""Signing mail with a domain's key (DKIM, RFC 6376; Ed25519 by RFC 8463).

The canonical form and the choice of headers are dkimpy's; the key's own operation is that of ``cryptography``, which
takes a tenth of the time of dkimpy's, needs no other library for Ed25519 and does not leak the key by its timing.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from dkim.canonicalization import CanonicalizationPolicy  # type: ignore[import-untyped]

from domain.sending import dkim_keys

SIGNED_HEADERS = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "reply-to",
    "message-id",
    "in-reply-to",
    "references",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)
"""What a reader or a mailbox provider acts on. RFC 8058 4 wants both List-Unsubscribe headers to be signed."""
_ONCE_MORE = ("from", "to", "cc", "subject", "date", "reply-to")
"""Signed as missing, too: a second one that somebody adds on the way breaks the signature (RFC 6376 8.15)."""
_RELAXED = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """Who signs: the domain (``d=``), the selector under which its public key stands, and the private key as PEM."""

    domain: str
    selector: str
    private_key: bytes = field(repr=False)


def signed(message: bytes, key: DkimKey, *, at: datetime | None = None) -> bytes:
    """The message, with CRLF line ends, below its DKIM-Signature; ``at`` is when it was signed (``t=``), if told.

    That is by the wall clock: where the calendar runs faster, verifiers would refuse a signature from the future.
    Raises ``ValueError`` (a ``KeyProblem``) for a key that cannot sign and for a message that is none (RFC 5322).
    """
    private_key = _private_key(key.private_key)
    try:
        headers, body = dkim.rfc822_parse(message)
    except dkim.MessageFormatError as error:
        raise ValueError(f"the message cannot be signed: {error}") from None
    names = _signed_names([name.lower().decode("ascii") for name, _ in headers])
    if names.count("from") == 1:
        raise ValueError("the message cannot be signed: it has no From")
    unsigned = _unsigned(key, "ed25519" if isinstance(private_key, Ed25519PrivateKey) else "rsa", names, body, at)
    digest = hashlib.sha256()
    canonical = _RELAXED.canonicalize_headers(headers)
    own = (b"DKIM-Signature", unsigned)
    dkim.hash_headers(digest, _RELAXED, canonical, [name.encode() for name in names], own, {})
    # Folded anywhere: white space in b= is skipped (RFC 6376 3.5).
    signature = base64.b64encode(_sign(private_key, digest.digest()))
    return b"DKIM-Signature:" + unsigned + _folded(signature) + b"\r\n" + message


def _unsigned(key: DkimKey, kind: str, names: list[str], body: bytes, at: datetime | None) -> bytes:
    """The header's value up to ``b=``, folded so that no line is long."""
    body_hash = base64.b64encode(hashlib.sha256(_RELAXED.canonicalize_body(body)).digest()).decode()
    tags = [f"v=1; a={kind}-sha256; c=relaxed/relaxed", f"d={key.domain}", f"s={key.selector}"]
    if at is not None:
        tags.append(f"t={int(at.timestamp())}")
    tags += ["h=" + ":\r\n  ".join(_lines_of(names)), f"bh={body_hash}", "b="]
    return (" " + ";\r\n ".join(tags)).encode("ascii")


def _signed_names(there: list[str]) -> list[str]:
    """Each header as often as it is there, and those of which one more would mislead once more."""
    return [name for name in SIGNED_HEADERS for _ in range(there.count(name) + (name in _ONCE_MORE))]


def _lines_of(names: list[str], per_line: int = 5) -> list[str]:
    return [":".join(names[first : first + per_line]) for first in range(0, len(names), per_line)]


def _folded(text: bytes, width: int = 72) -> bytes:
    return b"".join(b"\r\n  " + text[first : first + width] for first in range(0, len(text), width))


def _sign(key: dkim_keys.PrivateKey, digest: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(digest)
    return key.sign(digest, PKCS1v15(), Prehashed(hashes.SHA256()))


@lru_cache(maxsize=256)
def _private_key(pem: bytes) -> dkim_keys.PrivateKey:
    return dkim_keys.read(pem, trusted=True)
