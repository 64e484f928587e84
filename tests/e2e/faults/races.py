"""Races: a send that is due now against a stop, a reply or an unsubscribe that another connection commits.

Who was first is asked of Postgres: the commit timestamps of the two transactions (``track_commit_timestamp``). Both
lock the enrollment's row until they end, so the one that had to wait has the later one.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes
from typing import Any, NoReturn
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.email import EmailActivities
from activities.resources import Resources
from db import enrolling, enrollments, inbound, unsubscribes
from db.engine import create_engine
from domain.enrollments import StepRun
from domain.errors import Conflict
from domain.vocabulary import EnrollmentSource
from embedded.postgres import Postgres
from settings import Settings
from tests.e2e.faults.server import FaultServer
from tests.factories import email_step, make_contact, make_mailbox, make_sequence, make_tenant
from worker import make_resources

SECRET = "0123456789abcdef"
AT_ONCE = 8
EARLIEST, LATEST = -0.03, 0.03
"""By how many seconds the opponent may begin before or after the send."""
_WATCH = """
    CREATE TABLE watched_claims (enrollment_id uuid, sequence_step_id uuid, transaction xid8);
    CREATE FUNCTION watch_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO watched_claims VALUES (NEW.enrollment_id, NEW.sequence_step_id, pg_current_xact_id());
      RETURN NULL;
    END $$;
    CREATE TRIGGER watch_claim AFTER INSERT OR UPDATE OF claim_token ON email_messages
      FOR EACH ROW EXECUTE FUNCTION watch_claim();"""
_CLAIMED_AT = """SELECT pg_xact_commit_timestamp(transaction::xid) AS at FROM watched_claims
                 WHERE enrollment_id = $1 AND sequence_step_id = $2 ORDER BY 1 DESC LIMIT 1"""


class Opponent(StrEnum):
    STOP = "stop"
    REPLY = "reply"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(slots=True)
class Tally:
    """How the races of one opponent ended."""

    races: int = 0
    claimed_first: int = 0
    never_claimed: int = 0
    claimed_after: int = 0
    """The broken promise: the claim was committed after what was acknowledged before."""
    over: int = 0
    """The send was done, and with it the enrollment, before the stop came: it was refused with a conflict."""


class _Nobody:
    async def kill(self, pid: int, last_words: object = None) -> NoReturn:
        raise AssertionError("nobody is killed in a race")


async def track_commits(server: Postgres) -> None:
    """Let the (running) server keep commit timestamps; it is restarted for that."""
    connection = await asyncpg.connect(server.url)
    await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    await connection.close()
    await server.stop()
    await server.start()


async def run_races(database_url: str, folder: Path, *, races: int, seed: int = 1) -> Mapping[Opponent, Tally]:
    """``races`` altogether, on a migrated database of its own; every contact has had one email before."""
    smtp = FaultServer(folder / "smtp", _Nobody())
    await smtp.start()
    settings = Settings(database_url=SecretStr(database_url), secret_key=SecretStr(SECRET), database_pool_size=30)
    engine = create_engine(settings)
    resources = make_resources(settings, engine)
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_WATCH)
        track = _Track(resources, connection, Random(f"races/{seed}"))
        ids = await track.prepare(races, smtp.port)
        turns = asyncio.Semaphore(AT_ONCE)
        opponents = list(Opponent)

        async def race(number: int, id: UUID) -> None:
            async with turns:
                await track.race(id, opponents[number % len(opponents)])

        await asyncio.gather(*(race(number, id) for number, id in enumerate(ids)))
        return track.tallies
    finally:
        await connection.close()
        await resources.smtp.close()
        await engine.dispose()
        await smtp.stop()


@dataclass(slots=True)
class _Track:
    resources: Resources
    connection: asyncpg.Connection
    draw: Random
    tallies: dict[Opponent, Tally] = field(default_factory=lambda: {opponent: Tally() for opponent in Opponent})
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """asyncpg's connection does one thing at a time."""

    async def prepare(self, number: int, smtp_port: int) -> list[UUID]:
        async with self.resources.sessions.begin() as session:
            tenant = await make_tenant(session)
            mailbox = await make_mailbox(session, tenant, smtp_port=smtp_port)
            steps = [email_step("One", "First"), email_step(None, "Second")]
            sequence = await make_sequence(session, tenant, steps, mailbox=mailbox)
            contacts = [await make_contact(session, tenant) for _ in range(number)]
        async with self.resources.sessions.begin() as session:
            verdicts = await enrolling.enroll(
                session,
                customer_id=tenant.customer_id,
                sequence_id=sequence.id,
                contact_ids=[contact.id for contact in contacts],
                enrolled_by=tenant.user_id,
                source=EnrollmentSource.API,
                now=self.resources.clock(),
            )
        return [verdict.enrollment_id for verdict in verdicts if verdict.enrollment_id]

    async def race(self, id: UUID, opponent: Opponent) -> None:
        """Send the first email in peace; then the second against the opponent."""
        first = await self._run_of(id)
        await EmailActivities(self.resources)._send(first)
        second = await self._run_of(id)
        assert second.step_id != first.step_id, "the first email was sent"
        async with self.resources.sessions() as session:
            row = await session.execute(text("SELECT * FROM email_messages WHERE enrollment_id = :id"), {"id": id})
            message = row.one()
        lead = self.draw.uniform(EARLIEST, LATEST)
        _, told_at = await asyncio.gather(self._send(second, max(0.0, -lead)), self._tell(opponent, message, lead))
        async with self._reading:
            claimed = await self.connection.fetchval(_CLAIMED_AT, id, second.step_id)
        _count(self.tallies[opponent], claimed, told_at)

    async def _run_of(self, id: UUID) -> StepRun:
        """The step that is next, at its instant, which is now or within a second."""
        async with self.resources.sessions() as session:
            standing = await enrollments.standing(session, id)
        assert standing.plan is not None
        return StepRun(id, standing.plan.step_id, max(self.resources.clock(), standing.plan.due_at))

    async def _send(self, run: StepRun, wait: float) -> None:
        await asyncio.sleep(wait)
        await EmailActivities(self.resources)._send(run)

    async def _tell(self, opponent: Opponent, message: Row[Any], wait: float) -> datetime | None:
        """When the opponent's transaction was committed; None when it came too late to be one."""
        await asyncio.sleep(max(0.0, wait))
        try:
            async with self.resources.sessions.begin() as session:
                await self._act(session, opponent, message)
                transaction = await session.scalar(text("SELECT pg_current_xact_id()::text"))
        except Conflict:
            return None
        async with self.resources.sessions() as session:
            at = await session.scalar(
                text("SELECT pg_xact_commit_timestamp(CAST(CAST(:id AS text) AS xid8)::xid)"), {"id": transaction}
            )
        assert isinstance(at, datetime)
        return at

    async def _act(self, session: AsyncSession, opponent: Opponent, message: Row[Any]) -> None:
        now = self.resources.clock()
        match opponent:
            case Opponent.STOP:
                await enrollments.stop(session, enrollment_id=message.enrollment_id, now=now)
            case Opponent.REPLY:
                await inbound.record_reply(session, message, now)
            case Opponent.UNSUBSCRIBE:
                await unsubscribes.unsubscribe(session, message_id=message.id, now=now)


def _count(tally: Tally, claimed_at: datetime | None, told_at: datetime | None) -> None:
    tally.races += 1
    if told_at is None:
        tally.over += 1
    elif claimed_at is None:
        tally.never_claimed += 1
    elif claimed_at > told_at:
        tally.claimed_after += 1
    else:
        tally.claimed_first += 1


def shares(tallies: Mapping[Opponent, Tally]) -> Counter[str]:
    """All opponents together, by outcome."""
    total: Counter[str] = Counter()
    for tally in tallies.values():
        total.update({name: getattr(tally, name) for name in Tally.__slots__})
    return total
