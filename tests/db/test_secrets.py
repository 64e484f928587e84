"""Passwords at rest: only our keys open them, and keys can be rotated."""

import pytest

from db.secrets import SecretBox

KEY, OTHER = "0123456789abcdef", "fedcba9876543210"


def test_what_was_sealed_is_opened_and_never_reads_like_it() -> None:
    sealed = SecretBox(KEY).encrypt("geheim – 密码")
    assert b"geheim" not in sealed
    assert SecretBox(KEY).decrypt(sealed) == "geheim – 密码"


def test_the_same_password_is_sealed_differently_each_time() -> None:
    box = SecretBox(KEY)
    assert box.encrypt("secret") != box.encrypt("secret")


def test_a_rotated_key_opens_what_the_old_one_sealed() -> None:
    assert SecretBox(f"{OTHER}, {KEY}").decrypt(SecretBox(KEY).encrypt("secret")) == "secret"
    assert SecretBox(OTHER).decrypt(SecretBox(f"{OTHER},{KEY}").encrypt("secret")) == "secret"


def test_another_key_opens_nothing_and_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="add the old key after a comma"):
        SecretBox(OTHER).decrypt(SecretBox(KEY).encrypt("secret"))


def test_what_was_changed_is_not_opened() -> None:
    sealed = SecretBox(KEY).encrypt("secret")
    with pytest.raises(ValueError, match="OPENDOORS_SECRET_KEY"):
        SecretBox(KEY).decrypt(sealed[:-2] + b"AA")


def test_a_stray_comma_makes_no_key_that_everybody_knows() -> None:
    sealed = SecretBox(f",{KEY}").encrypt("secret")
    assert SecretBox(KEY).decrypt(sealed) == "secret"
    with pytest.raises(ValueError, match="empty"):
        SecretBox(",")
