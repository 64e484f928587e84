"""One normal form of an address."""

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from domain.profiles import addresses
from domain.profiles.addresses import AddressProblem, domain_of, normalise


@pytest.mark.parametrize(
    ("given_text", "normal"),
    [
        (" Bob@X.Example ", "bob@x.example"),
        ("bob@BÜCHER.example", "bob@xn--bcher-kva.example"),
        ("bob+tag@x.test", "bob+tag@x.test"),
        ("o'hara@x.example", "o'hara@x.example"),
    ],
)
def test_an_address_has_one_form(given_text: str, normal: str) -> None:
    assert normalise(given_text) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    "text",
    ["", "bob", "@x.example", "bob@", "bob@x", "a b@x.example", "bob@x.example\r\nBcc: c@d.example", "bob@@x.example",
     "Bob <bob@x.example>", "böb@x.example", "a" * 65 + "@x.example",
     "bob@" + "a." * 130 + "example", "b\u2028b@x.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(AddressProblem) as raised:
        normalise(text)
    assert "\n" not in str(raised.value)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        normal = normalise(text)
    except AddressProblem:
        return
    assert normal == normalise(normal)
    assert normal.isascii()
    assert domain_of(normal) == normal.rpartition("@")[2]


def test_a_domain_is_what_follows_the_last_at() -> None:
    assert domain_of("bob@x.example") == "x.example"
    for broken in ("x.example", "@x.example", "bob@"):
        with pytest.raises(AddressProblem):
            domain_of(broken)


LOCAL = st.text(st.sampled_from("aZ09.-_+'"), min_size=1, max_size=66)
DOMAIN = st.text(st.sampled_from("aZ09-."), min_size=1, max_size=66)
ENDS = st.sampled_from([".com", ".test", ".example", ".local", ".arpa", ".onion", ".invalid", ".a1", ".c", ".co-m", ""])


@given(LOCAL, DOMAIN, ENDS)
def test_what_is_told_at_once_to_be_an_address_is_one_to_the_full_check(local: str, domain: str, end: str) -> None:
    text = f"{local}@{domain}{end}"
    if addresses._PLAIN.fullmatch(text):
        parts = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
        assert f"{parts.local_part}@{parts.ascii_domain}".lower() == normalise(text)


def test_a_letter_that_only_looks_like_one_of_ascii_is_not_told_at_once() -> None:
    # The Kelvin sign, whose lower case is k.
    assert addresses._PLAIN.fullmatch("\u212aate@x.example") is None
