"""Files that only their owner may read, written whole or not at all."""

import os
import secrets
import tempfile
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Replace `path` by `text` with mode 0600, atomically and durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file with mode 0600.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_or_make(path: Path) -> str:
    """The secret in `path`; at the first call one of 32 URL-safe characters is made and kept there."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(24)
        write_privately(path, secret + "\n")
        return secret
