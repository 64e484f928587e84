"""Signed tokens: one purpose each, keys that rotate, and nothing else is believed."""

import base64
import hashlib
import hmac
from uuid import UUID, uuid4

import pytest

from domain.tokens import BadToken, sign, verify, verify_with_detail

KEY = "0123456789abcdef"
ID = UUID("00000000-0000-7000-8000-000000000001")


def test_a_token_gives_back_its_id_and_fits_in_a_link() -> None:
    token = sign(KEY, "unsubscribe", ID)
    assert verify(KEY, "unsubscribe", token) == ID
    assert len(token) == 38
    assert token.replace("-", "").replace("_", "").isalnum()


def test_the_same_id_always_has_the_same_token() -> None:
    assert sign(KEY, "unsubscribe", ID) == sign(KEY, "unsubscribe", ID)


def test_a_token_is_good_for_one_purpose_only() -> None:
    with pytest.raises(BadToken):
        verify(KEY, "click", sign(KEY, "unsubscribe", ID))


def test_the_first_key_signs_and_all_verify() -> None:
    old = sign("old-key-0123456789", "unsubscribe", ID)
    rotated = "new-key-0123456789, old-key-0123456789"
    assert verify(rotated, "unsubscribe", old) == ID
    assert sign(rotated, "unsubscribe", ID) == sign("new-key-0123456789", "unsubscribe", ID)
    with pytest.raises(BadToken):
        verify("new-key-0123456789", "unsubscribe", old)


@pytest.mark.parametrize("token", ["", "x", "ä" * 38, "A" * 38, "A" * 5000, "=" * 38, "🙂", "a b", "\0"])
def test_what_we_did_not_sign_is_a_bad_token(token: str) -> None:
    with pytest.raises(BadToken):
        verify(KEY, "unsubscribe", token)


def test_a_token_for_another_id_or_with_one_bit_changed_is_bad() -> None:
    raw = bytearray(base64.urlsafe_b64decode(sign(KEY, "unsubscribe", ID) + "=="))
    for position in (0, 15, 16, 27):
        changed = bytes(byte ^ (index == position) for index, byte in enumerate(raw))
        with pytest.raises(BadToken):
            verify(KEY, "unsubscribe", base64.urlsafe_b64encode(changed).rstrip(b"=").decode())
    with pytest.raises(BadToken):
        verify(KEY, "unsubscribe", base64.urlsafe_b64encode(uuid4().bytes + bytes(raw[16:])).decode())


def test_a_stray_comma_makes_no_key_with_which_everybody_can_sign() -> None:
    forged = ID.bytes + hmac.new(b"", b"unsubscribe\0" + ID.bytes, hashlib.sha256).digest()[:12]
    with pytest.raises(BadToken):
        verify(f"{KEY},", "unsubscribe", base64.urlsafe_b64encode(forged).decode())
    assert sign(f",{KEY}", "unsubscribe", ID) == sign(KEY, "unsubscribe", ID)


def test_no_key_at_all_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        sign(" , ", "unsubscribe", ID)


def test_a_detail_is_signed_with_the_id() -> None:
    token = sign(KEY, "click", ID, b"\x07")
    assert verify_with_detail(KEY, "click", token) == (ID, b"\x07")
    assert verify_with_detail(KEY, "click", sign(KEY, "click", ID)) == (ID, b"")
    with pytest.raises(BadToken):
        verify(KEY, "click", token)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for forged in (raw[:16] + b"\x08" + raw[17:], raw[:16] + raw[17:]):
        with pytest.raises(BadToken):
            verify_with_detail(KEY, "click", base64.urlsafe_b64encode(forged).decode())
