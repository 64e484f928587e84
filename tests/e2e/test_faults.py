"""Every fault at every phase of SMTP, met by a few sends each: `make faults` in short."""

from pathlib import Path

import pytest

from embedded.temporal import Temporal
from tests.e2e.faults.cells import MATRIX, Cell, Fault, Phase
from tests.e2e.faults.matrix import Matrix
from tests.e2e.faults.server import Books
from tests.e2e.faults.verdict import judge


@pytest.mark.timeout(300)
async def test_nothing_is_sent_twice_and_nothing_lost_whatever_the_server_answers_and_whoever_dies(
    database_url: str, tmp_path: Path
) -> None:
    temporal = Temporal(tmp_path / "temporal", ui=False)
    await temporal.start()
    try:
        matrix = Matrix(
            database_url,
            temporal.address,
            tmp_path / "faults",
            per_cell=1,
            spare=2,
            waves=1,
            workers=3,
            smtp_timeout_seconds=5,
            kill_patience_seconds=3,
            kill_every=None,
            heartbeat_seconds=4,
        )
        outcome = await matrix.run()
    finally:
        await temporal.stop()
    assert not outcome.verdict.broken, outcome.verdict.examples
    assert outcome.kills
    assert outcome.verdict.total.sends == 3 * len(MATRIX)


def row(cell: Cell, status: str, enrollment: str = "completed", **columns: object) -> dict[str, object]:
    given = {"message_id": "<1@s>", "smtp_code": None, "smtp_response": None, "attempts": 1}
    address = cell.address(1)
    return {"address": address, "message_status": status, "enrollment_status": enrollment, **given, **columns}


def broken(tmp_path: Path, one: dict[str, object], *, accepted: int = 0, ambiguous: int = 0) -> set[str]:
    """The promises that are broken when one send ended so."""
    books, address = Books(tmp_path), str(one["address"])
    for _ in range(accepted):
        books.accept(str(one["message_id"]), address)
        books.acknowledged[address] += 1
    books.ambiguous[address] = ambiguous
    books.close()
    return set(judge([one], books, {}, least=0).broken)


GREYLISTED = Cell(Phase.RCPT, Fault.C450)
DROPPED = Cell(Phase.ACCEPTED, Fault.DROP)


def test_the_count_sees_a_message_that_was_accepted_twice(tmp_path: Path) -> None:
    assert broken(tmp_path, row(GREYLISTED, "sent"), accepted=2) == {"accepted twice"}


def test_the_count_sees_a_message_that_was_acknowledged_and_lost(tmp_path: Path) -> None:
    assert "acknowledged and lost" in broken(tmp_path, row(GREYLISTED, "unknown"), accepted=1)


def test_the_count_sees_a_message_that_nobody_accepted(tmp_path: Path) -> None:
    assert broken(tmp_path, row(GREYLISTED, "sent")) == {"sent, but not accepted"}


def test_an_unknown_send_needs_a_fault_after_which_nobody_can_know(tmp_path: Path) -> None:
    assert broken(tmp_path, row(DROPPED, "unknown"), accepted=0) == {"unknown without an ambiguous fault"}
    assert not broken(tmp_path, row(DROPPED, "unknown"), accepted=1, ambiguous=1)
