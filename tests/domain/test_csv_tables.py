"""CSVs as programs write them: delimiters, quotes, line ends, broken records, any size."""

import csv
import io
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.importing.csv_tables import read, told_delimiter
from domain.importing.record_lines import MAX_RECORD
from domain.importing.tables import Row, Table


def table(text: str, **options: str) -> Table:
    return read(io.StringIO(text, newline=""), **options)


def rows(text: str, **options: str) -> list[Row]:
    return list(table(text, **options).rows)


def good(text: str) -> list[int]:
    """The lines of the rows that have no problem."""
    return [row.line for row in rows(text) if row.problem is None]


class Generated(io.RawIOBase):
    """A file whose pieces are made as they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["email"], ","),
        (["email,name"], ","),
        (["email;name;a,b"], ";"),
        (['"a,b,c";email'], ";"),
        (["email\tname"], "\t"),
        (["email|name"], "|"),
        (["name;note, email", "Ann;a@b.example", "Bob;b@b.example"], ";"),
        (["email;price, net", "a@b.example;1,5", "b@b.example;2,5", "c@b.example;3"], ";"),
        (["name,email", '"Smith; Ann; Dr",a@b.example', '"Ray; Bob; Dr",b@b.example'], ","),
        (["a|b;c", "x;y"], ";"),
        ([], ","),
    ],
)
def test_the_delimiter_is_the_one_by_which_the_lines_agree_with_the_header(lines: list[str], delimiter: str) -> None:
    assert told_delimiter(lines) == delimiter


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("first", ["", "sep=;{}", "SEP=;{}", "{0}{0}"])
def test_line_ends_blank_lines_and_excels_first_line_change_nothing(ending: str, first: str) -> None:
    above = first.format(ending)
    found = table(above + ending.join(["email;name", "a@b.example;Ann", "", " ; ", '"b@b.example";"B""ob"', ""]))
    assert found.header == ["email", "name"]
    begin = above.count(ending) + 1
    assert list(found.rows) == [Row(begin + 1, ["a@b.example", "Ann"]), Row(begin + 4, ["b@b.example", 'B"ob'])]


def test_a_cell_may_hold_delimiters_quotes_and_line_ends() -> None:
    found = rows('email,note\na@b.example,"one,\r\ntwo ""2""\n\nthree"\nb@b.example,x\n')
    assert found == [Row(2, ["a@b.example", 'one,\r\ntwo "2"\n\nthree']), Row(6, ["b@b.example", "x"])]


def test_only_line_feeds_and_carriage_returns_end_lines() -> None:
    assert rows("email,name\na@b.example,A\u2028n\x0bn\x85\n") == [Row(2, ["a@b.example", "A\u2028n\x0bn\x85"])]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a@b.example", "the line has 1 cells, the header 2"),
        ("a@b.example,Ann,x", "the line has 3 cells, the header 2"),
        ('a@b.example,"Ann"x', "text follows a closing quote"),
        ("a@b.example,A\0nn", "the line has a NUL character"),
        ("a@b.example,A\ufffdnn", "the line has bytes that are no characters in the encoding of the file"),
        ("a@b.example," + "x" * MAX_RECORD, f"the record is longer than {MAX_RECORD} characters"),
        ('a@b.example,"Ann', "a quote is left open"),
    ],
)
def test_a_broken_line_is_told_and_hides_no_other(line: str, problem: str) -> None:
    found = rows(f"email,name\nx@b.example,X\n{line}\ny@b.example,Y\n")
    assert found == [Row(2, ["x@b.example", "X"]), Row(3, [], problem), Row(4, ["y@b.example", "Y"])]


def test_empty_cells_at_the_end_of_a_line_are_not_too_many() -> None:
    assert rows("email,name\na@b.example,Ann,, \n") == [Row(2, ["a@b.example", "Ann"])]


def test_a_quote_left_open_takes_no_line_with_it_however_far_the_next_quote_is() -> None:
    many = "".join(f"p{number}@b.example,x\n" for number in range(30_000))
    text = f'email,name\n{many}a@b.example,"open\n{many}b@b.example,"fine"\n{many}'
    assert good(text) == [line for line in range(2, 90_004) if line != 30_002]


def test_many_quotes_left_open_do_not_hold_a_worker() -> None:
    # Each of these lines ends inside of a quote, whether it began inside of one or not.
    begin = time.process_time()
    found = rows("email,name\n" + 'x","\n' * 100_000)
    assert len(found) == 100_000
    assert time.process_time() - begin < 5


def test_a_file_without_line_ends_needs_no_memory() -> None:
    pieces = (b"x" * 65_536 for _ in range(1000))
    text = io.TextIOWrapper(io.BufferedReader(Generated(pieces)), "utf-8", newline="")
    tracemalloc.start()
    try:
        with pytest.raises(Invalid, match="cannot be read: the record is longer"):
            read(text)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_rows_are_read_in_constant_memory() -> None:
    block = b"".join(b'p%d@b.example,Ann,"two\nlines",Z\xc3\xbcrich\n' % number for number in range(2000))
    pieces = (b"email,first,note,city\n" if number == 0 else block for number in range(21))
    text = io.TextIOWrapper(io.BufferedReader(Generated(pieces)), "utf-8", newline="")
    tracemalloc.start()
    try:
        assert sum(row.problem is None for row in read(text).rows) == 40_000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_rows_take_little_more_time_than_the_csv_module_takes() -> None:
    line = 'p{0}@b.example,Ann,Ray,Head of Sales,Company {0},b.example,+34600{0:06d},Spain,Madrid,"1, Main Street"\n'
    text = "email,a,b,c,d,e,f,g,h,i\n" + "".join(line.format(number) for number in range(100_000))

    def seconds(rows: Iterator[object]) -> float:
        begin = time.process_time()
        assert sum(1 for _ in rows) >= 100_000
        return time.process_time() - begin

    bare = min(seconds(csv.reader(io.StringIO(text, newline=""))) for _ in range(3))
    ours = min(seconds(table(text).rows) for _ in range(3))
    assert ours < 2.5 * bare


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "\0", "x", " "])
def test_what_cannot_be_a_delimiter_is_refused(delimiter: str) -> None:
    with pytest.raises(Invalid, match="cannot be a delimiter"):
        table("email;name\n", delimiter=delimiter)


def test_a_first_line_that_names_no_delimiter_is_the_header() -> None:
    assert table("sep=x\na@b.example\n").header == ["sep=x"]
    assert table("sep=^\nemail^name\n").header == ["email", "name"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "csv.empty"),
        ("\n \n", "csv.empty"),
        ("email," + ",".join(map(str, range(250))), "csv.header"),
        ("email,name,name\n", "csv.header"),
        ('email,"name\n', "csv.header"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        table(text)
    assert refused.value.code == code


@given(st.lists(st.lists(st.text(alphabet='aé@,;"\n\r\t| x', max_size=12), min_size=2, max_size=2), max_size=20))
def test_what_the_csv_module_writes_is_read_back(cells: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["email", "name"], *cells])
    found = rows(written.getvalue(), delimiter=",")
    assert [row.cells for row in found] == [one for one in cells if any(cell.strip() for cell in one)]


@given(st.text(alphabet='ae@,;"\n\r\t| \0', max_size=200))
def test_whatever_the_lines_are_each_row_fits_the_header_or_has_its_problem(lines: str) -> None:
    found = rows("email,name\n" + lines)
    assert all(len(row.cells) == (0 if row.problem else 2) for row in found)
    assert [row.line for row in found] == sorted({row.line for row in found})
