"""`opendoors forecast`, run as a process on a real database."""

import asyncio
import csv
import sys
from pathlib import Path
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.db.conftest import Scene
from tests.factories import email_step

ROOT = Path(__file__).resolve().parents[2]


async def opendoors(scene: Scene, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `opendoors forecast`."""
    engine = scene.sessions.kw["bind"]
    assert isinstance(engine, AsyncEngine)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "opendoors.py"), "forecast", *arguments),
        env={"OPENDOORS_DATABASE_URL": url, "COLUMNS": "120", "PATH": ""},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


async def test_it_shows_days_and_mailboxes_and_writes_every_send(scene: Scene, tmp_path: Path) -> None:
    sequence = await scene.sequence(email_step("Hello"), email_step(delay_days=2))
    file = tmp_path / "sends.csv"
    box = f'{{"mailboxes": {{"{scene.mailbox.id}": {{"daily_limit": 2}}}}}}'
    asked = (str(sequence.id), "--contacts", "3")
    code, shown, said = await opendoors(scene, *asked, "--csv", str(file))
    assert (code, said.strip()) == (0, "")
    assert "Emails per day" in shown
    assert shown.count("ann@sender.example") == 2
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["step_order"] for row in rows] == ["1"] * 3 + ["2"] * 3
    assert {row["mailbox"] for row in rows} == {"ann@sender.example"}
    code, shown, _ = await opendoors(scene, *asked, "--what-if", box)
    assert code == 0
    assert "with the other settings" in shown


async def test_it_says_what_is_wrong(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    assert (await opendoors(scene, str(uuid4())))[0] == 2
    code, _, said = await opendoors(scene, str(sequence.id), "--what-if", '{"max_emails_per_day": "many"}')
    assert (code, "/what_if/max_emails_per_day" in said) == (2, True)
    code, _, said = await opendoors(scene, str(sequence.id), "--what-if", '{"steps": [{"step_order": 7}]}')
    assert (code, "/what_if/steps/0/step_order" in said) == (2, True)
    code, _, said = await opendoors(scene, str(sequence.id), "--what-if", "{")
    assert (code, "is not JSON" in said) == (2, True)
