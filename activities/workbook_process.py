"""The process that reads a sheet for ``table_files``: a workbook on standard input, JSON lines on standard output.

The first line is the header, each other one a row: its line, its cells, its problem. What is wrong with the workbook
goes to standard error as one JSON object, with exit code 1.
"""

import json
import resource
import sys

from domain.errors import Invalid
from domain.importing import excel_tables

MEMORY = 1 << 30
"""Bytes of address space, of which Python takes a part; a parser that wants more is ended."""
SECONDS = 120
"""Of processor time."""


def main() -> int:
    """Read the sheet that the first argument names, or the first one."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        table = excel_tables.read(sys.stdin.buffer, sheet=sys.argv[1] if len(sys.argv) > 1 else None)
        _write(table.header)
        for row in table.rows:
            _write(row)
    except Invalid as error:
        json.dump({"code": error.code, "detail": error.detail}, sys.stderr)
        return 1
    sys.stdout.flush()
    return 0


def _write(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    sys.exit(main())
