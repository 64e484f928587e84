"""The documentation names what exists: every setting, every linked file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

import opendoors
from settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PREFIX = "OPENDOORS_"
OF_THE_EMBEDDED_SERVICES = {"HOME", "POSTGRES_BIN", "TEMPORAL_BIN"}
"""Variables that `opendoors dev`, the demo and the tests read, and production does not."""

_ROW = re.compile(r"^\| `OPENDOORS_(\w+)` \| (.*?) \| (.+) \|$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#([^)]+))?\)")
_COMMAND = re.compile(r"(?:`|bin/|^)opendoors ([a-z]+)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def rows() -> dict[str, str]:
    """The configuration table: the shown default by field of the settings."""
    return {name.lower(): default for name, default, _ in _ROW.findall(README)}


def shown(name: str) -> str:
    """A field's default as the table writes it."""
    default = Settings.model_fields[name].default
    if default is None:
        return "none"
    return f"`{default.get_secret_value() if isinstance(default, SecretStr) else default}`"


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """File and anchor (perhaps empty) of every link of a page into the repository."""
    for place, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        yield (page.parent / place).resolve(), anchor


def anchors(page: Path) -> set[str]:
    """The anchors that the page's headings have: lower case, hyphens for spaces, no punctuation."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_has_a_row_for_every_setting_and_for_no_other() -> None:
    assert rows().keys() - {name.lower() for name in OF_THE_EMBEDDED_SERVICES} == Settings.model_fields.keys()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_gives_the_default_of_a_setting(name: str) -> None:
    assert rows()[name] == shown(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_variables_that_exist(page: Path) -> None:
    known = {name.upper() for name in Settings.model_fields} | OF_THE_EMBEDDED_SERVICES
    named = re.findall(rf"\b{PREFIX}(\w*[A-Z0-9])\b", page.read_text(encoding="utf-8"))
    assert set(named) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_links_to_files_and_headings_that_exist(page: Path) -> None:
    for file, anchor in links(page):
        assert file.exists(), file
        assert not anchor or anchor in anchors(file), f"{file} has no heading #{anchor}"


def test_the_pages_name_no_command_that_is_not_there() -> None:
    commands = [one.name or one.callback.__name__ for one in opendoors.app.registered_commands if one.callback]
    groups = [str(one.name) for one in opendoors.app.registered_groups]
    named = {name for page in PAGES for name in _COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert named <= {*commands, *groups}
