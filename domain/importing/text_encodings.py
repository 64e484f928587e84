"""In which encoding the bytes of a text file are: byte order marks, UTF-8, and what no file says of itself.

A file of contacts has few letters that could tell an encoding, so single-byte encodings are told line by line: does
some language explain every letter of the line that is not ASCII? Multi-byte ones are left to charset-normalizer.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, starmap
from typing import BinaryIO, TextIO

from charset_normalizer import from_bytes

from domain.errors import Invalid
from domain.importing.alphabets import ALPHABETS, SIGNS

_BOMS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF_8 = "utf-8-sig"
"""UTF-8, with a mark or without one."""
_MULTI_BYTE = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
_SINGLE_BYTE = tuple(ALPHABETS)
_FALLBACK = "cp1252"
_FIRST_OTHER = "\u0250"
"""The first letter of a script other than the Latin one."""
_LONGEST_LINE = 1 << 20
_ENOUGH = 1 << 16
"""Bytes of lines that are not UTF-8, after which no more of them are needed to tell what they are."""


def named(charset: str) -> str:
    """The codec of a charset that somebody named; raises ``Invalid`` when it is none for text."""
    try:
        name = codecs.lookup(charset).name
        opened(io.BytesIO(b"email"), name).read()  # Codecs that are none of text, such as zlib, fail.
    except (LookupError, ValueError):
        raise Invalid("csv.encoding", f"{charset[:40]!r} is not the name of a charset, such as UTF-8.") from None
    # A file that is said to be UTF-8 may begin with a mark as well.
    return _UTF_8 if name == "utf-8" else name


def opened(file: BinaryIO, encoding: str) -> TextIO:
    """The text of the file, its line ends as they are; bytes that are no characters come as U+FFFD."""
    return io.TextIOWrapper(file, encoding, errors="replace", newline="")


def tell(chunks: Iterable[bytes]) -> str:
    """The codec of a file, of which all pieces are given: a letter that tells may stand in its last line.

    UTF-8 also when single lines of it are not: those are told apart when they are read.
    """
    pieces = iter(chunks)
    first = next(pieces, b"")
    marked = next((name for mark, name in _BOMS if first.startswith(mark)), None)
    return marked or _by_zeros(first) or _by_lines(first, pieces)


def _by_zeros(begin: bytes) -> str | None:
    """UTF-32 or UTF-16 without a mark, by the zeros that it leaves in characters such as those of ASCII."""
    zeros = [begin[place::4].count(0) for place in range(4)]
    if sum(zeros) * 16 < len(begin) or not any(zeros):
        return None
    # Hardly a character of UTF-32 uses its two highest bytes.
    most = len(begin) // 4 * 0.9
    if min(zeros[:2]) > most or min(zeros[2:]) > most:
        return "utf-32-be" if zeros[0] > zeros[3] else "utf-32-le"
    high, low = zeros[0] + zeros[2], zeros[1] + zeros[3]
    return "utf-16-le" if low > 4 * high else "utf-16-be" if high > 4 * low else None


@dataclass(slots=True)
class _Lines:
    """How many lines with letters beyond ASCII are UTF-8, how many not, and some of those."""

    valid: int = 0
    invalid: int = 0
    sample: list[bytes] = field(default_factory=list)
    sampled: int = 0

    def add(self, block: bytes) -> None:
        if block.isascii():
            return
        try:
            block.decode()
        except UnicodeDecodeError:
            for line in re.split(rb"[\r\n]+", block):
                self._add_line(line)
        else:
            self.valid += block.count(b"\n") or 1

    def _add_line(self, line: bytes) -> None:
        if line.isascii():
            return
        try:
            line.decode()
        except UnicodeDecodeError:
            self.invalid += 1
            if self.sampled < _ENOUGH:
                self.sample.append(line[:_ENOUGH])
                self.sampled += len(line)
        else:
            self.valid += 1


def _by_lines(first: bytes, others: Iterator[bytes]) -> str:
    lines = _Lines()
    rest = b""
    for piece in chain([first], others):
        rest = _add(lines, rest + piece)
    lines.add(rest)
    return _UTF_8 if lines.invalid <= lines.valid else _legacy(lines.sample)


def _add(lines: _Lines, block: bytes) -> bytes:
    """Count the whole lines of a block; the line that goes on is answered."""
    end = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
    if not end and len(block) < _LONGEST_LINE:
        return block
    end = end or len(block)
    lines.add(block[:end])
    return block[end:]


def _legacy(sample: Sequence[bytes]) -> str:
    """The encoding of lines that are not UTF-8."""
    best = from_bytes(b"\n".join(sample), cp_isolation=[*_MULTI_BYTE, *_SINGLE_BYTE]).best()
    if best is not None and best.encoding in _MULTI_BYTE:
        return best.encoding
    explained = {encoding: _explained(sample, encoding) for encoding in _SINGLE_BYTE}
    likely = max(_SINGLE_BYTE, key=lambda encoding: explained[encoding])
    if explained[likely] > 0:
        return likely
    return best.encoding if best is not None else _FALLBACK


def _explained(sample: Sequence[bytes], encoding: str) -> int:
    """How many of the lines are written in a language of the encoding; -1 when it cannot decode them."""
    try:
        lines = [line.decode(encoding) for line in sample]
    except UnicodeDecodeError:
        return -1
    return sum(_is_explained(line, ALPHABETS[encoding]) for line in lines)


def _is_explained(line: str, alphabets: Sequence[frozenset[str]]) -> bool:
    letters = {letter for letter in line if not letter.isascii()} - SIGNS
    return any(letters <= alphabet for alphabet in alphabets) and not any(starmap(_is_odd, pairwise(line)))


def _is_odd(before: str, after: str) -> bool:
    """Whether two characters do not stand side by side in a word: what another encoding's letters look like."""
    if before.isascii() and after.isascii():
        return False
    is_capital_inside = before.islower() and after.isupper()
    is_mixed = before.isalpha() and after.isalpha() and (before < _FIRST_OTHER) != (after < _FIRST_OTHER)
    return is_mixed or (is_capital_inside and not before.isascii() and not after.isascii())
