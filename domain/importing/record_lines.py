"""The lines of a text for a reader of records: numbered, never longer than a record may be, and handed back when the
record that took them was broken.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import TextIO

MAX_RECORD = 100_000
"""Characters of a record, over however many lines; the csv module itself refuses a cell of 131,072."""

_BLOCK = 65_536
_SPARE = 1_000_000
"""Characters that are read again after broken records, whatever the size of the text."""
_TIMES = 2
"""How many times what was read so far may be read again, beyond those."""

TOO_LONG = f"the record is longer than {MAX_RECORD} characters"
_NUL = "the line has a NUL character"
_LOST = "the line has bytes that are no characters in the encoding of the file"


class RecordLines:
    """Lines, ended by LF, CRLF or CR, that make up records; ``number`` is that of the record under way, from 1.

    A quote that is left open takes all that follows up to ``MAX_RECORD``. Handing that back and reading it again
    could cost any number of times the text, so what was read again is counted: beyond twice the text a record is a
    line.
    """

    def __init__(self, text: TextIO) -> None:
        """``text`` is open with ``newline=""``, and its undecodable bytes are U+FFFD."""
        self.number = 1
        self._text = text
        self._lines = chain.from_iterable(self._blocks())
        self._ahead: deque[str] = deque()
        self._held: list[str] = []
        self._flaws: dict[int, str] = {}
        self._read = 0
        self._again = 0

    def taken(self) -> Iterator[str]:
        """The next lines; those that are taken until ``finish`` or ``hand_back`` are one record.

        Ends at the end of the text, and where the record would become too long.
        """
        held, ahead, lines, size = self._held, self._ahead, self._lines, 0
        while line := ahead.popleft() if ahead else next(lines, ""):
            size = size + len(line) if held else len(line)
            if held and (size > MAX_RECORD or self._again > _SPARE + _TIMES * self._read):
                ahead.appendleft(line)
                return
            held.append(line)
            yield line

    def finish(self) -> str | None:
        """The record under way is read, and the next begins on the line after it.

        Answers what makes its lines unfit, whatever they say.
        """
        held = self._held
        begin = self.number
        self.number = begin + len(held)
        held.clear()
        return self._flaw(begin) if self._flaws else None

    def hand_back(self) -> str | None:
        """The record under way was broken: it ends with its first line, and the next begins on the line after it.

        Answers as ``finish`` does.
        """
        self._again += sum(map(len, self._held))
        self._ahead.extendleft(reversed(self._held[1:]))
        del self._held[1:]
        return self.finish()

    def ahead(self, count: int) -> Sequence[str]:
        """The next lines, which stay to be taken; fewer at the end of the text."""
        missing = count - len(self._ahead)
        self._ahead.extend(islice(self._lines, max(missing, 0)))
        return list(islice(self._ahead, count))

    def _flaw(self, begin: int) -> str | None:
        """The first flaw of the lines from ``begin`` to before ``number``, which are forgotten."""
        flaws = [self._flaws.pop(line) for line in range(begin, self.number) if line in self._flaws]
        return flaws[0] if flaws else None

    def _blocks(self) -> Iterator[list[str]]:
        """The lines of one piece of the text after the other."""
        loaded, rest = 0, ""
        while piece := self._text.read(_BLOCK):
            self._read += len(piece)
            block = rest + piece
            lines = list(StringIO(block, newline=""))
            # The last line may go on in the next piece. Of one that is too long the beginning is enough.
            rest = lines.pop()[: MAX_RECORD + 1]
            if "\0" in block or "\ufffd" in block or len(block) > MAX_RECORD:
                self._note_flaws(lines, loaded + 1)
            loaded += len(lines)
            yield lines
        if rest:
            self._note_flaws([rest], loaded + 1)
            yield [rest]

    def _note_flaws(self, lines: Sequence[str], first: int) -> None:
        for number, line in enumerate(lines, start=first):
            if len(line) > MAX_RECORD:
                self._flaws[number] = TOO_LONG
            elif "\0" in line:
                self._flaws[number] = _NUL
            elif "\ufffd" in line:
                self._flaws[number] = _LOST
