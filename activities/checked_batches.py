"""The rows of an import, checked and in batches, as another process makes them from the file."""

import asyncio
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import IO, Any, BinaryIO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from activities import import_files
from db import contact_imports
from domain.errors import Invalid
from domain.importing.contact_imports import Batch, ImportOptions


@asynccontextmanager
async def local_file(sessions: async_sessionmaker[AsyncSession], import_id: UUID) -> AsyncIterator[BinaryIO]:
    """The file, put together from its pieces in a temporary one, which goes with the block."""
    with tempfile.TemporaryFile() as file:
        async for piece in contact_imports.pieces(sessions, import_id):
            await asyncio.to_thread(file.write, piece)
        file.seek(0)
        yield file


async def ahead(file: BinaryIO, options: ImportOptions) -> AsyncGenerator[Batch, None]:
    """The batches of the file, each made while the one before it is worked on; raises as ``import_files.batches``."""
    made = _made_by_child(file, options)

    def make() -> asyncio.Task[Batch | None]:
        return asyncio.create_task(asyncio.to_thread(next, made, None))

    upcoming = make()
    try:
        while (batch := await asyncio.shield(upcoming)) is not None:
            upcoming = make()
            yield batch
    finally:
        # The thread reads from the process, which is ended after this.
        await asyncio.wait([upcoming])
        made.close()


def _made_by_child(file: BinaryIO, options: ImportOptions) -> Generator[Batch, None, None]:
    """What the other process writes. It ends with whoever reads: with the generator, or with this process."""
    arguments = [json.dumps(options.parameters()), str(import_files.BATCH_ROWS)]
    command = [sys.executable, "-m", "activities.batch_process", *arguments]
    # The program is ours, and no shell reads its arguments.
    with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE) as child:  # noqa: S603
        try:
            assert child.stdout is not None
            while (made := _read(child.stdout)) is not None:
                if not isinstance(made, Batch):
                    raise Invalid(*made)
                yield made
        finally:
            child.kill()


def _read(pipe: IO[bytes]) -> Any:
    try:
        return pickle.load(pipe)  # noqa: S301  Both ends are ours.
    except (EOFError, pickle.UnpicklingError):
        raise RuntimeError("the process that checks the rows has died") from None
