"""The locks: each requirement is pinned and hashed, and no file of ours says where packages come from."""

import re
from pathlib import Path

import pytest

from tests.deploy.repository import ROOT, tracked_files

LOCKS = ("requirements.lock", "requirements-runtime.lock")
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)(\[[a-z0-9,-]+\])?==(?P<version>[^\s;]+)")
# In parts, so that this file is not the one that is found.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("proxy", "golang", "org"),
    )
)


def requirements(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line."""
    return (ROOT / lock).read_text().replace("\\\n", "").splitlines()


def versions(lock: str) -> dict[str, str]:
    pinned = [PINNED.match(line) for line in requirements(lock)]
    return {found["name"]: found["version"] for found in pinned if found}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_requirement_is_pinned_and_hashed(lock: str) -> None:
    lines = requirements(lock)
    assert len(lines) > 50
    for line in lines:
        assert PINNED.match(line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "an option, such as an index, stands in the lock"


def test_what_runs_in_the_image_is_what_is_tested() -> None:
    tested, shipped = versions(LOCKS[0]), versions(LOCKS[1])
    assert shipped.items() <= tested.items()
    assert "pytest" not in shipped


def test_no_file_names_a_package_registry() -> None:
    files = tracked_files()
    if not files:
        pytest.skip("without git, as in an unpacked release, nothing tells which files are committed")
    assert {(str(path.relative_to(ROOT)), host) for path in files for host in _registries(path)} == set()


def _registries(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="ignore").lower()
    return [host for host in REGISTRIES if host in text]
