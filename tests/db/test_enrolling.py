"""Enrolling: a verdict for each contact, each enrolled once, and what is recorded with it."""

import asyncio
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

import pytest

from db import enrolling, sequences
from db.enrolling import Verdict
from db.models import Contact, ContactList, ContactListMembership
from domain.errors import Conflict, NotFound
from domain.vocabulary import (
    ContactStatus,
    EnrollmentSource,
    ListType,
    SequenceStatus,
    StepType,
    TimezoneSource,
)
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step, make_mailbox


async def verdict_of(scene: Scene, contact: Contact, now: datetime = NOW) -> Verdict:
    (answer,) = await scene.verdicts(await scene.sequence(email_step("Hello")), contact.id, now=now)
    return answer.verdict


async def total_enrolled(scene: Scene) -> int:
    """What the tenant's only sequence says."""
    (total,) = await scene.column("SELECT total_enrolled FROM sequences WHERE customer_id = :customer_id")
    assert isinstance(total, int)
    return total


async def make_list(scene: Scene, contacts: list[Contact], type: ListType = ListType.STATIC) -> UUID:
    async with scene.sessions.begin() as session:
        made = ContactList(
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            name="List",
            type=type,
            created_by=scene.tenant.user_id,
        )
        session.add(made)
        await session.flush()
        for hours, contact in enumerate(contacts):
            session.add(
                ContactListMembership(
                    contact_id=contact.id,
                    list_id=made.id,
                    customer_id=scene.tenant.customer_id,
                    added_at=NOW + hours * HOUR,
                )
            )
        return made.id


# --- verdicts ----------------------------------------------------------------------------------------------------


async def test_an_enrolled_contact_has_a_plan_an_activity_a_letter_and_is_counted(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello", delay_hours=2))
    contact = await scene.contact()
    (answer,) = await scene.verdicts(sequence, contact.id)
    assert (answer.contact_id, answer.verdict) == (contact.id, Verdict.ENROLLED)
    assert answer.enrollment_id is not None
    row = await scene.enrollment(answer.enrollment_id)
    (step_id,) = await scene.steps(row.id)
    assert (row.status, row.enrolled_at, row.enrolled_by) == ("active", NOW, scene.tenant.user_id)
    assert (row.current_step_id, row.next_step_scheduled_at) == (step_id, NOW + 2 * HOUR)
    assert row.email_account_id == scene.mailbox.id
    assert await scene.letters(row.id) == ["enrollment.start"]
    activities = "SELECT enrollment_id FROM contact_activities WHERE activity_type = 'sequence_enrolled'"
    assert await scene.column(f"{activities} AND customer_id = :customer_id") == [row.id]
    assert await total_enrolled(scene) == 1


async def test_a_contact_is_enrolled_once_and_the_second_verdict_names_the_first_enrollment(scene: Scene) -> None:
    sequence, contact = await scene.sequence(email_step("Hello")), await scene.contact()
    (first,) = await scene.verdicts(sequence, contact.id)
    (second,) = await scene.verdicts(sequence, contact.id)
    assert (second.verdict, second.enrollment_id) == (Verdict.ALREADY_ENROLLED, first.enrollment_id)
    assert await total_enrolled(scene) == 1
    assert await scene.count("outbox") == 1


async def test_a_contact_that_is_named_twice_counts_once_and_the_order_is_kept(scene: Scene) -> None:
    sequence, (one, two) = await scene.sequence(email_step("Hello")), await scene.contacts(2)
    unknown = uuid4()
    answers = await scene.verdicts(sequence, two.id, unknown, one.id, two.id)
    assert [(answer.contact_id, answer.verdict) for answer in answers] == [
        (two.id, Verdict.ENROLLED),
        (unknown, Verdict.NOT_FOUND),
        (one.id, Verdict.ENROLLED),
    ]


async def test_nobody_enrolled_is_nothing_recorded(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    assert await scene.verdicts(sequence) == []
    assert [answer.verdict for answer in await scene.verdicts(sequence, uuid4())] == [Verdict.NOT_FOUND]
    assert await scene.count("outbox") == 0


async def test_a_contact_of_another_customer_does_not_exist(scene: Scene, other: Scene) -> None:
    assert await verdict_of(scene, await other.contact()) is Verdict.NOT_FOUND


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (ContactStatus.UNSUBSCRIBED, Verdict.UNSUBSCRIBED),
        (ContactStatus.BOUNCED, Verdict.BOUNCED),
        (ContactStatus.DO_NOT_CONTACT, Verdict.SUPPRESSED),
    ],
)
async def test_a_contact_that_may_not_be_mailed_is_not_enrolled(
    scene: Scene, status: ContactStatus, verdict: Verdict
) -> None:
    assert await verdict_of(scene, await scene.contact(status=status)) is verdict
    assert await scene.count("sequence_enrollments") == 0


async def test_a_contact_that_is_not_to_be_contacted_is_suppressed(scene: Scene) -> None:
    assert await verdict_of(scene, await scene.contact(do_not_contact=True)) is Verdict.SUPPRESSED


@pytest.mark.parametrize("entry", ["bob@x.example", "@x.example"])
async def test_an_address_is_suppressed_by_itself_or_by_its_domain(scene: Scene, entry: str) -> None:
    await scene.suppress(entry)
    assert await verdict_of(scene, await scene.contact(email="bob@x.example")) is Verdict.SUPPRESSED


@pytest.mark.parametrize("entry", ["rob@x.example", "@example", "@y.example", "x.example", "@sub.x.example"])
async def test_another_address_or_domain_suppresses_nobody_else(scene: Scene, entry: str) -> None:
    await scene.suppress(entry)
    assert await verdict_of(scene, await scene.contact(email="bob@x.example")) is Verdict.ENROLLED


async def test_a_suppression_of_another_customer_suppresses_nobody_here(scene: Scene, other: Scene) -> None:
    await other.suppress("bob@x.example")
    assert await verdict_of(scene, await scene.contact(email="bob@x.example")) is Verdict.ENROLLED


async def test_a_suppression_ends_when_it_expires(scene: Scene) -> None:
    await scene.suppress("bob@x.example", kind="temporary", expires_at=NOW + DAY)
    contact = await scene.contact(email="bob@x.example")
    assert await verdict_of(scene, contact, NOW) is Verdict.SUPPRESSED
    assert await verdict_of(scene, contact, NOW + DAY) is Verdict.ENROLLED


async def test_a_soft_bounce_suppresses_nobody_for_ever(scene: Scene) -> None:
    await scene.suppress("bob@x.example", kind="soft_bounce")
    contact = await scene.contact(email="bob@x.example")
    assert await verdict_of(scene, contact) is Verdict.ENROLLED
    await scene.execute(
        "UPDATE contact_suppression_lists SET expires_at = :end WHERE customer_id = :customer_id", end=NOW + DAY
    )
    assert await verdict_of(scene, contact) is Verdict.SUPPRESSED


@pytest.mark.parametrize(
    ("type", "verdict"), [(ListType.SUPPRESSION, Verdict.SUPPRESSED), (ListType.STATIC, Verdict.ENROLLED)]
)
async def test_a_member_of_a_suppression_list_is_suppressed(scene: Scene, type: ListType, verdict: Verdict) -> None:
    contact = await scene.contact()
    await make_list(scene, [contact], type)
    assert await verdict_of(scene, contact) is verdict


# --- what it is enrolled in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", SequenceStatus)
async def test_only_an_active_or_paused_sequence_takes_contacts(scene: Scene, status: SequenceStatus) -> None:
    sequence, contact = await scene.sequence(email_step("Hello"), status=status), await scene.contact()
    if status in {SequenceStatus.ACTIVE, SequenceStatus.PAUSED}:
        assert len(await scene.enroll(sequence, contact)) == 1
        return
    with pytest.raises(Conflict, match=str(status)) as raised:
        await scene.verdicts(sequence, contact.id)
    assert raised.value.code == "sequence.not_active"


async def test_a_sequence_of_another_customer_does_not_exist(scene: Scene, other: Scene) -> None:
    with pytest.raises(NotFound):
        await scene.verdicts(await other.sequence(email_step("Hello")), (await scene.contact()).id)


async def test_the_first_step_is_due_by_each_contacts_own_zone(scene: Scene) -> None:
    sequence = await scene.sequence(
        email_step("Hello"),
        use_contact_timezone=True,
        sending_timezone="Europe/Berlin",
        sending_window_start=time(9),
        sending_window_end=time(17),
    )
    zones = {"Asia/Tokyo": (24, 0), "America/New_York": (23, 14), "Nowhere": (23, 9), None: (23, 9)}
    contacts = [await scene.contact(timezone=zone) for zone in zones]
    ids = await scene.enroll(sequence, *contacts)
    due = [(await scene.enrollment(id)).next_step_scheduled_at for id in ids]
    assert due == [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in zones.values()]


async def test_a_contact_of_unknown_zone_is_written_to_by_the_sequences_and_one_in_utc_by_utc(scene: Scene) -> None:
    sequence = await scene.sequence(
        email_step("Hello"),
        use_contact_timezone=True,
        sending_timezone="America/New_York",
        sending_window_start=time(12),
        sending_window_end=time(17),
    )
    unknown = await scene.contact()
    in_utc = await scene.contact(timezone="UTC")
    derived = await scene.contact(timezone="Europe/Madrid", timezone_source=TimezoneSource.DERIVED)
    ids = await scene.enroll(sequence, unknown, in_utc, derived)
    hours = [(await scene.enrollment(id)).next_step_scheduled_at.hour for id in ids]
    assert hours == [17, 12, 11]


async def test_a_delay_at_the_beginning_is_added_to_the_first_step(scene: Scene) -> None:
    id = await scene.enrolled({"step_type": StepType.DELAY, "delay_days": 2}, email_step("Hello"))
    row = await scene.enrollment(id)
    assert (row.current_step_id, row.next_step_scheduled_at) == ((await scene.steps(id))[1], NOW + 2 * DAY)


async def test_the_thread_begins_with_the_mailbox_of_the_first_email(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    id = await scene.enrolled({"step_type": StepType.TASK}, email_step("Hello", email_account_id=second.id))
    assert (await scene.enrollment(id)).email_account_id == second.id


async def test_the_members_of_a_list_are_enrolled_in_their_order(scene: Scene, other: Scene) -> None:
    sequence, contacts = await scene.sequence(email_step("Hello")), await scene.contacts(3)
    list_id = await make_list(scene, contacts[::-1])
    how = {"enrolled_by": None, "source": EnrollmentSource.API, "now": NOW}
    async with scene.sessions.begin() as session:
        answers = await enrolling.enroll_list(
            session, customer_id=scene.tenant.customer_id, sequence_id=sequence.id, list_id=list_id, **how
        )
        assert [answer.contact_id for answer in answers] == [contact.id for contact in contacts[::-1]]
        with pytest.raises(NotFound):
            await enrolling.enroll_list(
                session, customer_id=other.tenant.customer_id, sequence_id=sequence.id, list_id=list_id, **how
            )


# --- many at once ------------------------------------------------------------------------------------------------


async def test_twenty_requests_at_once_enroll_each_contact_exactly_once(scene: Scene) -> None:
    sequence, contacts = await scene.sequence(email_step("Hello")), await scene.contacts(12)
    ids = [contact.id for contact in contacts]
    # Each request names the contacts in another order, as lists do.
    answers = await asyncio.gather(
        *(scene.verdicts(sequence, *ids[turn % 12 :], *ids[: turn % 12]) for turn in range(20))
    )
    verdicts = [answer for some in answers for answer in some]
    enrolled = [answer for answer in verdicts if answer.verdict is Verdict.ENROLLED]
    assert sorted(answer.contact_id for answer in enrolled) == sorted(ids)
    assert {answer.verdict for answer in verdicts} == {Verdict.ENROLLED, Verdict.ALREADY_ENROLLED}
    assert {answer.enrollment_id for answer in verdicts} == {answer.enrollment_id for answer in enrolled}
    tables = ("sequence_enrollments", "outbox", "contact_activities")
    assert [await scene.count(table) for table in tables] == [12, 12, 12]
    letters = "SELECT count(DISTINCT subject_id) FROM outbox WHERE customer_id = :customer_id"
    assert await scene.column(letters) == [12]
    assert await total_enrolled(scene) == 12


async def test_contacts_enrolled_in_many_sequences_at_once_do_not_wait_for_ever(scene: Scene) -> None:
    contacts = await scene.contacts(10)
    ids = [contact.id for contact in contacts]
    many = [await scene.sequence(email_step("Hello")) for _ in range(6)]
    answers = await asyncio.gather(*(scene.verdicts(one, *ids[turn:], *ids[:turn]) for turn, one in enumerate(many)))
    assert {answer.verdict for some in answers for answer in some} == {Verdict.ENROLLED}


async def test_a_sequence_that_is_stopped_among_enrolls_leaves_nobody_running(scene: Scene) -> None:
    sequence, contacts = await scene.sequence(email_step("Hello")), await scene.contacts(30)

    async def enroll(contact: Contact) -> bool:
        try:
            await scene.verdicts(sequence, contact.id)
        except Conflict:
            return False
        return True

    async def stop() -> None:
        async with scene.sessions.begin() as session:
            await sequences.move(
                session,
                customer_id=scene.tenant.customer_id,
                sequence_id=sequence.id,
                target=SequenceStatus.STOPPED,
                user_id=scene.tenant.user_id,
                now=NOW,
            )

    before, after = contacts[:15], contacts[15:]
    *accepted, _ = await asyncio.gather(*map(enroll, before), asyncio.sleep(0))
    tasks = [enroll(contact) for contact in after]
    tasks.insert(5, stop())  # type: ignore[arg-type]
    outcomes = await asyncio.gather(*tasks)
    enrolled = sum(map(bool, [*accepted, *outcomes]))
    statuses = "SELECT DISTINCT status FROM sequence_enrollments WHERE customer_id = :customer_id"
    assert await scene.column(statuses) == ["stopped"]
    assert await scene.count("sequence_enrollments") == enrolled
    assert await total_enrolled(scene) == enrolled
