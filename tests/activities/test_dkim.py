"""Signatures: any verifier accepts them, and nothing that a reader acts on can be changed or added under them."""

import base64
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from activities.dkim import DkimKey, signed
from domain.sending import dkim_keys
from domain.sending.dkim_keys import KeyProblem
from domain.sending.domain_checks import tags_of
from domain.sending.messages import Draft, build

MESSAGE = b"\r\n".join(
    [
        b"From: Ann Archer <ann@customer.example>",
        b"To: bob@prospect.example",
        b"Subject: Re:  a subject that",
        b" goes on",
        b"Date: Mon, 23 Nov 2026 09:00:00 +0000",
        b"Message-ID: <1@customer.example>",
        b"In-Reply-To: <0@customer.example>",
        b"References: <0@customer.example>",
        b"List-Unsubscribe: <https://od.example/u/x>, <mailto:ann@customer.example?subject=unsubscribe%20x>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=utf-8",
        b"",
        b"Hello   Bob,  ",
        b".",
        "Grüße".encode(),
        b"",
        b"",
    ]
)


def pem(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = {
    "rsa": DkimKey("customer.example", "od1", pem(RSA)),
    "rsa-pkcs1": DkimKey("customer.example", "od1", pem(RSA, serialization.PrivateFormat.TraditionalOpenSSL)),
    "ed25519": DkimKey("customer.example", "od1", pem(ED25519)),
}


@pytest.fixture(params=KEYS)
def key(request: pytest.FixtureRequest) -> DkimKey:
    return KEYS[request.param]


@pytest.fixture(autouse=True)
def ed25519_for_dkimpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """dkimpy verifies Ed25519 with PyNaCl, which is not here: the same three calls on `cryptography`."""

    class VerifyKey:
        def __init__(self, encoded: bytes, encoder: object) -> None:
            self._key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded))

        def verify(self, message: bytes, signature: bytes) -> bytes:
            self._key.verify(signature, message)
            return message

    nacl = ModuleType("nacl")
    nacl.__dict__["signing"] = SimpleNamespace(VerifyKey=VerifyKey)
    nacl.__dict__["encoding"] = SimpleNamespace(Base64Encoder=None)
    nacl.__dict__["exceptions"] = SimpleNamespace(BadSignatureError=InvalidSignature, ValueError=ValueError)
    monkeypatch.setitem(sys.modules, "nacl", nacl)
    monkeypatch.setattr(dkim, "nacl", nacl, raising=False)


def dns(key: DkimKey) -> Callable[..., bytes | None]:
    """The DNS of a domain that publishes the key's record."""
    records = {b"od1._domainkey.customer.example.": dkim_keys.record(dkim_keys.read(key.private_key)).encode()}
    return lambda name, timeout=5: records.get(name)


def verifies(message: bytes, key: DkimKey) -> bool:
    return bool(dkim.verify(message, dnsfunc=dns(key)))


def tags(message: bytes) -> dict[str, str]:
    value = message.split(b":", 1)[1].split(b"\r\nFrom:")[0].decode()
    return dict(part.strip().split("=", 1) for part in re.sub(r"\s+", "", value).split(";"))


def test_a_verifier_accepts_the_signature(key: DkimKey) -> None:
    message = signed(MESSAGE, key)
    assert message.endswith(MESSAGE)
    assert verifies(message, key)


def test_an_email_as_the_engine_builds_it_verifies(key: DkimKey) -> None:
    draft = Draft(
        message_id="<1@customer.example>",
        from_name="Änn Ärcher",
        from_address="ann@customer.example",
        to_address="bob@prospect.example",
        to_name="Bob",
        subject="Grüße " * 30,
        text="Hello\n\n  Bob  \n.\n" + "long " * 400,
        html=None,
        unsubscribe_url="https://od.example/u/" + "x" * 60,
        date=datetime(2026, 11, 23, 9, tzinfo=UTC),
        in_reply_to="<0@customer.example>",
        references=tuple(f"<{i}@customer.example>" for i in range(20)),
        unsubscribe_mailto="ann@customer.example?subject=unsubscribe%20x",
        postal_address="1 Main Street",
    )
    message = signed(build(draft), key, at=datetime(2026, 1, 5, 9, tzinfo=UTC))
    assert verifies(message, key)
    assert max(map(len, message.split(b"\r\n"))) < 998


@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_key_in_use_has_enough_bits(bits: int) -> None:
    key = rsa.generate_private_key(65537, bits)
    assert dkim_keys.bits(tags_of(dkim_keys.record(key))) == bits
    assert isinstance(dkim_keys.read(pem(key)), rsa.RSAPrivateKey)


def test_a_long_key_is_refused_before_its_numbers_are_checked() -> None:
    # Its factors are no primes, which only the checks would find out, after seconds.
    p, q = (3 << 4094) + 1, (3 << 4094) + 3
    public = rsa.RSAPublicNumbers(65537, p * q)
    key = rsa.RSAPrivateNumbers(p, q, d=3, dmp1=3, dmq1=3, iqmp=3, public_numbers=public)
    with pytest.raises(KeyProblem, match="8192 bits"):
        dkim_keys.read(pem(key.private_key(unsafe_skip_rsa_key_validation=True)))


def test_it_covers_what_a_reader_or_a_provider_acts_on(key: DkimKey) -> None:
    message = signed(MESSAGE, key, at=datetime(2026, 11, 23, 9, tzinfo=UTC))
    found = tags(message)
    names = found["h"].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "message-id", "references", "content-type"} < set(names)
    assert [names.count(name) for name in ("from", "to", "subject", "date", "cc", "reply-to")] == [2, 2, 2, 2, 1, 1]
    assert (found["c"], found["d"], found["s"], found["t"]) == (
        "relaxed/relaxed",
        "customer.example",
        "od1",
        "1795424400",
    )
    assert "t" not in tags(signed(MESSAGE, key))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"ann@customer.example>", b"eve@customer.example>"),
        (b"To: bob", b"To: eve"),
        (b"https://od.example/u/x", b"https://od.example/u/y"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No"),
        (b"a subject", b"another subject"),
        (b"Hello   Bob", b"Hello   Eve"),
        (b"From: Ann", b"From: Eve <eve@customer.example>\r\nFrom: Ann"),
        (b"MIME-Version", b"Reply-To: eve@evil.example\r\nMIME-Version"),
        (b"MIME-Version", b"Subject: another\r\nMIME-Version"),
    ],
)
def test_what_is_changed_or_added_breaks_it(key: DkimKey, before: bytes, after: bytes) -> None:
    head, _, rest = signed(MESSAGE, key).partition(b"\r\nFrom:")
    changed = head + (b"\r\nFrom:" + rest).replace(before, after, 1)
    try:
        accepted = verifies(changed, key)
    except InvalidSignature:
        accepted = False
    assert not accepted


def test_white_space_that_servers_change_does_not_break_it(key: DkimKey) -> None:
    message = signed(MESSAGE, key).replace(b"Hello   Bob,  \r\n", b"Hello Bob,\r\n")
    assert verifies(message.replace(b"Subject: Re:  a", b"subject:\r\n Re: a") + b"\r\n\r\n", key)


@pytest.mark.parametrize("message", [b"From: a@b.example\r\n\r\n", b"From: a@b.example\r\nTo: c@d.example\r\n\r\n\r\n"])
def test_an_empty_body_is_signed(key: DkimKey, message: bytes) -> None:
    assert verifies(signed(message, key), key)


def test_no_line_is_long_even_with_the_longest_names() -> None:
    key = DkimKey(".".join(["a" * 63] * 3) + ".example", "b" * 63, KEYS["rsa"].private_key)
    assert max(map(len, signed(MESSAGE, key).partition(b"\r\nFrom:")[0].split(b"\r\n"))) < 250


@pytest.mark.parametrize("message", [b"To: a@b.example\r\n\r\nHello", b"no header at all\r\n\r\nHello"])
def test_what_is_no_message_is_not_signed(key: DkimKey, message: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be signed"):
        signed(message, key)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"nonsense", "no private key in PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither an RSA nor an Ed25519"),
        (
            RSA.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"x"),
            ),
            "passphrase",
        ),
    ],
)
def test_what_cannot_sign_is_no_key(text: bytes, words: str) -> None:
    with pytest.raises(KeyProblem, match=words):
        dkim_keys.read(text)


def test_a_key_does_not_show_itself() -> None:
    assert "PRIVATE" not in repr(KEYS["rsa"])
