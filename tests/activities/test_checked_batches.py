"""The process that checks the rows of an import: what it hands over, and how it ends."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import aclosing
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import pytest

from activities import checked_batches, import_files
from domain.errors import Invalid
from domain.importing.contact_imports import ImportOptions

LINES = [
    b"Email,Phone,Plan",
    *(b"p%d@x.example,600 123 456,trial" % n for n in range(50)),
    b"nobody,,",
    b"p1@x.example,,",
]


@pytest.fixture
def file() -> Iterator[BinaryIO]:
    with TemporaryFile() as file:
        file.write(b"\n".join(LINES))
        file.seek(0)
        yield file


def children() -> set[int]:
    """The processes that this one started and that have not ended."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


async def test_the_batches_are_those_that_this_process_would_make(
    file: BinaryIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_files, "BATCH_ROWS", 20)
    made = [batch async for batch in checked_batches.ahead(file, ImportOptions())]
    assert made == list(import_files.batches(BytesIO(b"\n".join(LINES)), ImportOptions(), 20))
    assert [len(batch.lines) for batch in made] == [20, 20, 12]


async def test_what_is_wrong_with_the_mapping_is_pointed_at(file: BinaryIO) -> None:
    with pytest.raises(Invalid) as raised:
        await anext(checked_batches.ahead(file, ImportOptions(mapping={"Mail": "email"})))
    assert {field.code for field in raised.value.fields} == {"unknown_column"}


async def test_the_process_ends_with_whoever_reads(file: BinaryIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "BATCH_ROWS", 1)
    before = children()
    async with aclosing(checked_batches.ahead(file, ImportOptions())) as batches:
        await anext(batches)
        assert len(children() - before) == 1
    assert children() == before


async def test_a_process_that_dies_is_no_end_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "BATCH_ROWS", 1000)
    before = children()
    with TemporaryFile() as file:
        file.write(b"Email\n" + b"".join(b"p%d@x.example\n" % n for n in range(200_000)))
        file.seek(0)
        async with aclosing(checked_batches.ahead(file, ImportOptions())) as batches:
            await anext(batches)
            (child,) = children() - before
            os.kill(child, signal.SIGKILL)
            with pytest.raises(RuntimeError, match="died"):
                await asyncio.wait_for(_drain(batches), 30)


async def _drain(batches: object) -> None:
    async for _ in batches:  # type: ignore[attr-defined]
        pass
