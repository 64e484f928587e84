"""Files of addresses: a header is optional, and what it names is understood or refused."""

import pytest

from domain.errors import Invalid
from domain.importing.address_lines import read

KNOWN = {"email", "reason", "expires_at"}


def lines(text: str) -> list[tuple[int, dict[str, str]]]:
    return list(read(text, KNOWN))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "email\n", "Email,Reason\r\n"])
def test_a_file_without_addresses_has_no_lines(text: str) -> None:
    assert lines(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.example\nb@x.example", [(1, {"email": "a@x.example"}), (2, {"email": "b@x.example"})]),
        (" a@x.example \r\n\r\n@y.example\r\n", [(1, {"email": "a@x.example"}), (3, {"email": "@y.example"})]),
        ("\ufeffa@x.example\rb@x.example", [(1, {"email": "a@x.example"}), (2, {"email": "b@x.example"})]),
        ("a@x.example;seen\nb@x.example;new", [(1, {"email": "a@x.example"}), (2, {"email": "b@x.example"})]),
        ("E-mail\nx", None),
        ("email\nno address", [(2, {"email": "no address"})]),
        ('Reason,EMAIL\n"a, b",a@x.example', [(2, {"reason": "a, b", "email": "a@x.example"})]),
        ("email\tExpires at\na@x.example\t\nb@x.example\t2027", [
            (2, {"email": "a@x.example"}), (3, {"email": "b@x.example", "expires_at": "2027"}),
        ]),
        ("email\na@x.example,and,more\n", [(2, {"email": "a@x.example"})]),
    ],
)  # fmt: skip
def test_a_line_has_the_fields_that_its_header_names(
    text: str, expected: list[tuple[int, dict[str, str]]] | None
) -> None:
    if expected is None:
        with pytest.raises(Invalid, match="header"):
            lines(text)
    else:
        assert lines(text) == expected


def test_a_cell_without_end_is_refused_with_its_line() -> None:
    with pytest.raises(Invalid, match="Line 2"):
        lines("a@x.example\n" + "x" * 200_000)
