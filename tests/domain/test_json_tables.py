"""JSON Lines as a table: keys are columns, bad lines are rows with a problem."""

import io
import json

import pytest

from domain.errors import Invalid
from domain.importing.json_tables import read
from domain.importing.record_lines import MAX_RECORD
from domain.importing.tables import Row


def test_the_keys_of_all_lines_are_the_columns_and_custom_fields_stand_beside_them() -> None:
    lines = [
        {"email": "a@b.example", "custom_fields": {"seats": 5, "tags": ["x"]}},
        {"email": "c@d.example", "first_name": "Zoë", "do_not_contact": True, "custom_fields": None},
    ]
    table = read(io.BytesIO("\ufeff".encode() + b"\n\n".join(json.dumps(line).encode() for line in lines)))
    assert table.header == ["email", "custom_fields.seats", "custom_fields.tags", "first_name", "do_not_contact"]
    assert list(table.rows) == [
        Row(1, ["a@b.example", 5, ["x"], None, None]),
        Row(3, ["c@d.example", None, None, "Zoë", True]),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "the line is no JSON: expecting property name enclosed in double quotes at character 2"),
        (b"[1]", "the line is no JSON object"),
        (b'{"email": NaN}', "NaN is no JSON"),
        (b'{"email": "\xff"}', "the line has bytes that are no UTF-8"),
        (b'{"email": "\\u0000"}', "the line has a NUL character"),
        (b'{"\\ud800": 1}', "a key has a character that cannot be shown"),
        (b'{"custom_fields": 1}', "custom_fields is no JSON object"),
        (b'{"a":' * 20_000, "the line is nested too deeply"),
        (b'{"a": "' + b"x" * 2 * MAX_RECORD + b'"}', f"the line is longer than {MAX_RECORD} bytes"),
    ],
)
def test_a_broken_line_is_told_and_hides_no_other(line: bytes, problem: str) -> None:
    table = read(io.BytesIO(b'{"email": "a@b.example"}\n' + line + b'\n{"email": "c@d.example"}\n'))
    assert table.header == ["email"]
    assert list(table.rows) == [Row(1, ["a@b.example"]), Row(2, [], problem), Row(3, ["c@d.example"])]


@pytest.mark.parametrize("text", ["", "1\n", "{}\n", "\n".join(f'{{"k{number}": 1}}' for number in range(300))])
def test_a_file_without_keys_or_with_too_many_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read(io.BytesIO(text.encode()))
