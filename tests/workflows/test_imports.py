"""An import from the command line to its last row, done by a worker."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

import import_command
from import_command import Asked
from settings import Settings
from tests.workflows.conftest import World

FILE = "E-mail,First name\nann@x.example,Ann\nnobody,\nbob@x.example,Bob\n"


async def run(world: World, path: Path, asked: Asked, verdicts: Path | None = None) -> int:
    """The command's exit code; meanwhile its worker works."""
    url = world.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    settings = Settings(database_url=url, secret_key="0123456789abcdef")
    async with world.working():
        running = asyncio.create_task(asyncio.to_thread(import_command.run, settings, path, asked, verdicts=verdicts))
        while not running.done():
            await world.settle()
            await asyncio.sleep(0.05)
    return await running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(FILE)
    return path


async def test_a_file_is_imported_and_every_row_has_its_verdict(
    world: World, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = tmp_path / "verdicts.csv"
    assert await run(world, file, Asked(), verdicts) == 0
    said = capsys.readouterr().out
    assert "completed" in said
    lines = [line.split(",")[:3] for line in verdicts.read_text().splitlines()]
    assert lines == [
        ["line", "email", "verdict"],
        ["2", "ann@x.example", "created"], ["3", "nobody", "invalid"], ["4", "bob@x.example", "created"],
    ]  # fmt: skip
    async with world.sessions() as session:
        kinds = "SELECT activity_type::text, count(*) FROM contact_activities GROUP BY 1"
        assert [tuple(row) for row in await session.execute(text(kinds))] == [("contact_created", 2)]


async def test_a_dry_run_shows_what_would_change(world: World, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(world, file, Asked(mapping='{"E-mail": "email", "First name": "last_name"}')) == 0
    assert await run(world, file, Asked(on_conflict="update", dry_run=True)) == 0
    said = capsys.readouterr().out
    assert "What it would change" in said
    assert "first_name" in said
    async with world.sessions() as session:
        assert (await session.scalars(text("SELECT first_name FROM contacts"))).all() == [None, None]


async def test_what_was_asked_wrongly_is_said(world: World, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {
        "--on-conflict is skip, update, fill_empty, not merge": Asked(on_conflict="merge"),
        "--mapping is not JSON": Asked(mapping="{"),
        "'colour' is no field of contacts": Asked(mapping='{"E-mail": "email", "First name": "colour"}'),
        "there is no such customer": Asked(customer="Nobody"),
    }
    for sentence, asked in wrong.items():
        assert await run(world, file, asked) == 2
        assert sentence in capsys.readouterr().err
