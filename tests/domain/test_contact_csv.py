"""CSVs as people have them: headers, delimiters, quotes and broken lines."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.importing.contact_csv import CsvRow, read


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-Mail Address", "email"),
        ("EMAIL", "email"),
        ("Given Name", "first_name"),
        ("Organisation", "company_name"),
        ("LinkedIn URL", "linkedin_profile"),
        ("ZIP", "postal_code"),
        ("Time-Zone", "timezone"),
    ],
)
def test_common_headers_are_understood(header: str, field: str) -> None:
    [row] = read(f"email,{header}\na@b.example,x\n" if field != "email" else f"{header}\nx\n")
    assert row.fields[field] == "x"


def test_an_unknown_column_is_a_custom_field_and_an_empty_cell_no_field() -> None:
    [row] = read("email,Shoe Size,city,\na@b.example,42,,x\n")
    assert row == CsvRow(2, {"email": "a@b.example", "custom_fields": {"Shoe Size": "42"}})


def test_labels_of_enums_are_read_as_people_write_them() -> None:
    [row] = read("email,industry,company_size\na@b.example,Real Estate,51 - 200\n")
    assert (row.fields["industry"], row.fields["company_size"]) == ("real_estate", "51-200")


def test_a_quote_left_open_breaks_its_own_line_alone() -> None:
    rows = list(read('email,name\na@b.example,"open\nc@d.example,fine\n'))
    assert [(row.line, row.problem is None) for row in rows] == [(2, False), (3, True)]


def test_many_quotes_left_open_do_not_hold_a_worker() -> None:
    text = "email,name\n" + '"a\n' * 10_000 + 'a@b.example,"' + "x\n" * 10_000
    begin = time.perf_counter()
    list(read(text))
    list(read("email,name\n" + '"\n' * 300_000))
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize(
    "text", ["", "\ufeff\n \n", "name\nx\n", "email,mail\nx,y\n", "email," + ",".join("abcdefgh" * 30)]
)
def test_a_header_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        list(read(text))


@given(st.text(alphabet='ae@,;"\n\r\t| ', max_size=200))
def test_whatever_the_lines_are_each_row_has_its_fields_or_its_problem(lines: str) -> None:
    rows = list(read("email,name\n" + lines))
    assert all((row.problem is None) == bool(row.fields) for row in rows)
    assert [row.line for row in rows] == sorted({row.line for row in rows})
