"""The process that reads a file of contacts and checks its rows, for ``checked_batches``.

The file is on standard input; the arguments are the import's options as JSON, and how many rows a batch has. Standard
output gets one pickle per batch and then None, or what is wrong with the file in place of that. So a long import holds
up nobody who shares the worker's interpreter, and the next batch is checked while Postgres takes the one before it.
Nothing here knows the database, which keeps the process small.
"""

import gc
import json
import pickle
import signal
import sys

from activities import import_files
from domain.errors import Invalid
from domain.importing.contact_imports import ImportOptions


def main() -> None:
    """Write until the file ends, or whoever reads does: a worker that is gone breaks the pipe."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # Ctrl-C reaches the whole group of processes; the worker ends this one when it is ready.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Rows make no cycles, and looking for some in thousands of them takes a tenth of the time.
    gc.disable()
    options = ImportOptions.of(json.loads(sys.argv[1]))
    try:
        for batch in import_files.batches(sys.stdin.buffer, options, int(sys.argv[2])):
            _write(batch)
        _write(None)
    except Invalid as error:
        _write((error.code, error.detail, error.fields))


def _write(value: object) -> None:
    pickle.dump(value, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
