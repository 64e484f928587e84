"""Workbooks made by hand: the few parts that a reader needs, so that tests can make odd ones."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DATE_STYLE = 1


def xlsx(**sheets: Iterable[Sequence[object]]) -> io.BytesIO:
    """A workbook of sheets with these rows; a cell that begins with ``=`` is written as raw XML after that."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="'
        'application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        '"application/xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(names, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{at}": ("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(names) + 1)}
            | {"rId99": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        "</styleSheet>",
    }
    for at, name in enumerate(names, 1):
        rows = "".join(f'<row r="{line}">{_cells(line, row)}</row>' for line, row in enumerate(sheets[name], 1))
        parts[f"xl/worksheets/sheet{at}.xml"] = f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    return archive({name: _HEAD + text for name, text in parts.items()})


def ods(rows: Iterable[Sequence[str]]) -> io.BytesIO:
    """An OpenDocument spreadsheet of one sheet of texts."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(c)}</text:p></table:table-cell>' for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
        f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet><table:table table:name="People">{cells}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    listed = f'<m:manifest xmlns:m="{manifest}"><m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
    return archive({"mimetype": kind, "META-INF/manifest.xml": _HEAD + listed, "content.xml": _HEAD + content})


def xls(rows: Sequence[Sequence[str | float]]) -> io.BytesIO:
    """A workbook of Excel 97 (BIFF8 in an OLE2 compound file) of one sheet."""
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            place = struct.pack("<HHH", line, column, 0)
            if isinstance(cell, str):
                text = cell.encode("utf-16-le")
                sheet += _record(0x0204, place + struct.pack("<HB", len(cell), 1) + text)
            else:
                sheet += _record(0x0203, place + struct.pack("<d", cell))
    end = _record(0x000A, b"")
    name = b"People"
    size = len(begin) + 4 + 8 + len(name) + len(end)
    bound = _record(0x0085, struct.pack("<IBBBB", size, 0, 0, len(name), 0) + name)
    return _compound(begin + bound + end + sheet + end)


def archive(parts: Mapping[str, str]) -> io.BytesIO:
    """A ZIP of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in parts.items():
            zipped.writestr(name, text)
    file.seek(0)
    return file


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{id}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for id, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _cells(line: int, row: Sequence[object]) -> str:
    return "".join(_cell(f"{column_name(at)}{line}", value) for at, value in enumerate(row) if value is not None)


def column_name(index: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    return (column_name(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def _cell(place: str, value: object) -> str:
    match value:
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value}</v></c>'
        case str() if value.startswith("date:"):
            return f'<c r="{place}" s="{_DATE_STYLE}"><v>{value.removeprefix("date:")}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _compound(stream: bytes) -> io.BytesIO:
    """An OLE2 compound file with one stream, ``Workbook``, in sectors of 512 bytes after that of the directory."""
    stream = stream.ljust(4096, b"\0")  # A smaller one would live in a file of its own inside.
    sectors = -(-len(stream) // 512)
    end, free, fat_sector = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    table = [fat_sector, end, *range(3, 2 + sectors), end]
    fat = struct.pack("<128I", *(table + [free] * 128)[:128])
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0,
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[free] * 108)
    directory = _entry("Root Entry", 5, 1, end, 0) + _entry("Workbook", 2, free, 2, len(stream))
    return io.BytesIO(header + fat + directory.ljust(512, b"\0") + stream.ljust(sectors * 512, b"\0"))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    free = 0xFFFFFFFF
    return struct.pack("<64sHBBIII36xIQ", encoded, len(encoded), kind, 1, free, free, child, start, size)
