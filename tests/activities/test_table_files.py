"""Files of contacts as they are uploaded: formats told, workbooks read, what is too much refused."""

import io
import json
import zipfile
from typing import Any

import pytest

from activities import table_files
from activities.table_files import TableFormat, told_format
from domain.errors import Invalid
from domain.importing import excel_tables
from domain.importing.tables import Row
from tests.activities.workbooks import archive, column_name, ods, xls, xlsx

ROWS = [["email", "name"], ["ann@b.example", "Zoë"], ["", ""], ["bob@b.example", "山田"]]
READ = [Row(2, ["ann@b.example", "Zoë"]), Row(4, ["bob@b.example", "山田"])]


def refused(file: io.BytesIO, **options: Any) -> Invalid:
    with pytest.raises(Invalid) as error:
        list(table_files.opened(file, **options).rows)
    return error.value


@pytest.mark.parametrize(
    ("file", "format"),
    [
        (xlsx(People=ROWS), TableFormat.EXCEL),
        (ods(ROWS), TableFormat.EXCEL),
        (xls(ROWS), TableFormat.EXCEL),
        (io.BytesIO("email;name\nann@b.example;Zoë\n\nbob@b.example;山田\n".encode()), TableFormat.CSV),
        (io.BytesIO("email,name\nann@b.example,Zoë\n\nbob@b.example,山田\n".encode("utf-16")), TableFormat.CSV),
        (io.BytesIO("email,name\nann@b.example,Zoë\n\nbob@b.example,山田\n".encode("gb18030")), TableFormat.CSV),
    ],
)  # fmt: skip
def test_a_file_is_read_whatever_it_is(file: io.BytesIO, format: TableFormat) -> None:
    assert told_format(file) is format
    table = table_files.opened(file)
    assert table.header == ["email", "name"]
    assert list(table.rows) == READ


def test_json_lines_are_told_by_their_brace() -> None:
    file = io.BytesIO(b"\xef\xbb\xbf\n" + json.dumps({"email": "a@b.example", "name": None}).encode())
    assert told_format(file) is TableFormat.JSON_LINES
    assert list(table_files.opened(file).rows) == [Row(2, ["a@b.example", None])]


def test_what_is_said_of_a_file_wins_over_what_is_told() -> None:
    file = io.BytesIO("email;na,me\na@b.example;Zoë\n".encode("cp1252"))
    table = table_files.opened(file, format=TableFormat.CSV, charset="cp850", delimiter=",")
    assert table.header == ["email;na", "me"]
    assert refused(io.BytesIO(b"email\n"), charset="klingon").code == "csv.encoding"


def test_the_cells_of_a_workbook_are_the_texts_that_people_see() -> None:
    cells = ["34600123456", 34600123456, 0.1, 8001, True, "date:46349", "date:46349.5", "a\nb"]
    header = [f"c{number}" for number in range(len(cells))]
    table = table_files.opened(xlsx(People=[header, cells, [*cells[:2], None]]))
    texts = ["34600123456", "34600123456", "0.1", "8001", "true", "2026-11-23", "2026-11-23 12:00:00", "a\nb"]
    assert list(table.rows) == [Row(2, texts), Row(3, [*texts[:2], *[""] * 6])]


def test_rows_above_the_header_that_are_blank_and_cells_beyond_it_are_told_apart() -> None:
    table = table_files.opened(
        xlsx(People=[[], [None, None], ["email", "name", None], ["a@b.example"], ["x", "y", "z"]])
    )
    assert (table.header, list(table.rows)) == (
        ["email", "name"],
        [Row(4, ["a@b.example", ""]), Row(5, [], "the line has 3 cells, the header 2")],
    )


def test_a_sheet_may_be_named() -> None:
    def book() -> io.BytesIO:
        return xlsx(First=[["x"]], Second=ROWS)

    assert table_files.opened(book()).header == ["x"]
    assert list(table_files.opened(book(), sheet="Second").rows) == READ
    assert refused(book(), sheet="--help").code == "excel.no_sheet"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (xlsx(Empty=[]), "excel.empty"),
        (archive({"hello.txt": "no workbook"}), "excel.unreadable"),
        (io.BytesIO(b"PK\x03\x04" + b"\0" * 1000), "excel.unreadable"),
        (io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000), "excel.unreadable"),
        (xlsx(Wide=[[f"c{number}" for number in range(300)]]), "csv.header"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(file: io.BytesIO, code: str) -> None:
    assert refused(file).code == code


def test_an_archive_that_says_that_it_is_huge_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_tables, "MAX_UNPACKED", 2 << 20)
    with pytest.raises(Invalid, match="unpacks to 3 MiB; 2 are the most"):
        excel_tables.read(archive({"xl/workbook.xml": "\0" * (3 << 20)}))


def test_a_sheet_of_two_cells_far_apart_ends_the_process_that_reads_it_and_nothing_else() -> None:
    cell = f'<c r="{column_name(16_383)}1048576"><v>1</v></c>'
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{cell}</row></sheetData></worksheet>'  # noqa: E501
    parts = {info.filename: data for info, data in _parts(xlsx(People=ROWS))}
    assert refused(archive(parts | {"xl/worksheets/sheet1.xml": sheet})).code == "excel.too_large"


def _parts(file: io.BytesIO) -> list[tuple[zipfile.ZipInfo, str]]:
    with zipfile.ZipFile(file) as zipped:
        return [(info, zipped.read(info).decode()) for info in zipped.infolist()]


def test_a_reader_who_stops_leaves_no_process() -> None:
    table = table_files.opened(xlsx(People=[["email"], *[[f"p{number}@b.example"] for number in range(20_000)]]))
    assert next(table.rows) == Row(2, ["p0@b.example"])
    table.rows.close()  # type: ignore[attr-defined]
