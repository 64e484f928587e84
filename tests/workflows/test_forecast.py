"""A forecast, and then the very same on real servers with time skipped: they agree to the second for every send."""

import asyncio
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from db import forecasts
from db.forecasts import Newcomers
from db.models import Contact, EmailAccount
from db.models import Sequence as SequenceRow
from domain.scheduling.schedule import PUNCTUAL, moment
from domain.vocabulary import CompletionReason
from tests.factories import email_step, make_contact, make_sequence
from tests.workflows.conftest import World

CONTACTS = 12
STEPS = (email_step("One"), email_step(delay_days=2, delay_hours=1), email_step(delay_days=3))
DAILY_LIMIT = 4
GAP, JITTER, THROTTLE = timedelta(seconds=60), timedelta(seconds=45), timedelta(minutes=3)


class Sent(NamedTuple):
    """One email as it went: its slot, its claim and what the mail server took."""

    slot_at: datetime
    used_at: datetime
    sent_at: datetime


async def arrange(world: World) -> tuple[SequenceRow, list[Contact]]:
    """Weekdays from 9 to 17 in Berlin; three emails for each contact do not fit into one week."""
    async with world.sessions.begin() as session:
        mailbox = await session.get_one(EmailAccount, world.mailbox.id)
        mailbox.daily_limit = DAILY_LIMIT
        mailbox.min_gap_seconds, mailbox.gap_jitter_seconds = GAP.seconds, JITTER.seconds
        sequence = await make_sequence(
            session,
            world.tenant,
            STEPS,
            mailbox=mailbox,
            sending_timezone="Europe/Berlin",
            sending_window_start=time(9),
            sending_window_end=time(17),
            sending_days=[True] * 5 + [False] * 2,
            throttle_delay_minutes=THROTTLE.seconds // 60,
        )
        return sequence, [await make_contact(session, world.tenant) for _ in range(CONTACTS)]


async def forecast(
    world: World, sequence: SequenceRow, at: datetime, contacts: list[Contact]
) -> dict[tuple[UUID, int], datetime]:
    """When the email of each step goes to each contact."""
    async with world.sessions() as session:
        outlook = await forecasts.forecast(
            session,
            customer_id=world.tenant.customer_id,
            sequence_id=sequence.id,
            newcomers=Newcomers(at, [contact.id for contact in contacts]),
            now=at,
        )
    sends = list(outlook.forecast.each_send())
    assert [one.slot.at for one in sends] == sorted(one.slot.at for one in sends)
    return {(one.contact_id, one.slot.step_order): moment(one.slot.at) for one in sends if one.contact_id}


async def planned(world: World) -> dict[tuple[UUID, int], datetime]:
    """The slots as they stand in the ledger."""
    async with world.sessions() as session:
        rows = await session.execute(
            text(
                """SELECT slot.contact_id, step.step_order, slot.slot_at
                   FROM send_slots AS slot JOIN sequence_steps AS step ON step.id = slot.sequence_step_id"""
            )
        )
        return {(row.contact_id, row.step_order): row.slot_at for row in rows}


async def sent(world: World) -> dict[tuple[UUID, int], Sent]:
    """What went, by contact and step."""
    async with world.sessions() as session:
        rows = await session.execute(
            text(
                """SELECT slot.contact_id, step.step_order, slot.slot_at, slot.used_at, message.sent_at
                   FROM send_slots AS slot
                   JOIN sequence_steps AS step ON step.id = slot.sequence_step_id
                   JOIN email_messages AS message
                     ON message.enrollment_id = slot.enrollment_id AND message.sequence_step_id = step.id
                   WHERE message.status = 'sent'"""
            )
        )
        return {(row.contact_id, row.step_order): Sent(row.slot_at, row.used_at, row.sent_at) for row in rows}


def check_promises(slots: list[datetime]) -> None:
    """The case is a real one: its slots are at the limits of the settings, over more than a weekend."""
    slots = sorted(slots)
    days = [slot.date() for slot in slots]
    assert max(days.count(day) for day in days) == DAILY_LIMIT
    assert all(day.weekday() < 5 for day in days)
    assert slots[-1] - slots[0] > timedelta(days=7)
    assert min(later - earlier for earlier, later in pairwise(slots)) >= THROTTLE


async def test_every_email_goes_at_the_second_of_its_forecast(world: World) -> None:
    sequence, contacts = await arrange(world)
    at = world.resources.clock()
    told = await forecast(world, sequence, at, contacts)
    assert len(told) == CONTACTS * len(STEPS)
    check_promises(list(told.values()))
    async with world.working():
        ids = await world.enroll(sequence, *contacts, at=at)
        assert await planned(world) == told
        results = await asyncio.gather(*(world.result(id) for id in ids))
    assert {result.completion_reason for result in results} == {CompletionReason.FINISHED}
    went = await sent(world)
    assert {key: one.slot_at for key, one in went.items()} == told
    for key, one in went.items():
        # Claim and mail server come after the slot by what the machine takes, and no slot moved for it.
        assert timedelta() <= one.used_at - told[key] < PUNCTUAL
        assert one.used_at <= one.sent_at < told[key] + PUNCTUAL
    assert len([one for contact in contacts for one in world.received_by(contact)]) == len(told)


async def test_what_is_to_come_in_the_middle_is_what_comes(world: World) -> None:
    sequence, contacts = await arrange(world)
    at = world.resources.clock()
    first, second = contacts[:7], contacts[7:]
    await world.enroll(sequence, *first, at=at)
    told = await forecast(world, sequence, at, second)
    await world.enroll(sequence, *second, at=at)
    async with world.working():
        await world.settle()
        async with world.sessions() as session:
            ids = list((await session.execute(text("SELECT id FROM sequence_enrollments"))).scalars())
        await asyncio.gather(*(world.result(id) for id in ids))
    assert {key: one.slot_at for key, one in (await sent(world)).items()} == told
