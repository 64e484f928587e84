"""What came in is matched to the send that it speaks of: by id, by where it came, by whom it comes from."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Row

from db import inbound_matching
from db.inbound_matching import Mailbox, Match
from domain.incoming.bounces import BounceReport
from domain.incoming.inbound import Complaint, Inbound
from domain.incoming.inbound_matching import MatchedBy
from domain.sending.return_paths import return_path
from domain.tokens import sign
from domain.vocabulary import InboundKind
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step, make_mailbox

KEYS = "0123456789abcdef"


async def find(
    scene: Scene, *, arrived: datetime = NOW + HOUR, kind: InboundKind = InboundKind.REPLY, **what: Any
) -> Any:
    """The match of a message with these fields, as a pair of the send's id and how it was found; None for none."""
    mailbox = Mailbox(scene.mailbox.id, scene.tenant.customer_id)
    async with scene.sessions() as session:
        found: Match | None = await inbound_matching.find(
            session, mailbox, Inbound(kind=kind, **what), keys=KEYS, arrived=arrived
        )
    return found and (found.message.id, found.by)


async def sent(scene: Scene, *, now: datetime = NOW) -> Row[Any]:
    return await scene.sent(await scene.enrolled(email_step("Hello")), now=now)


def report(*recipients: str, original: str | None = None) -> BounceReport:
    return BounceReport(recipients, True, False, "5.1.1", "no such user", original)


async def test_a_message_answers_the_latest_send_that_it_names(scene: Scene) -> None:
    first, second = await sent(scene), await sent(scene, now=NOW + HOUR)
    found = await find(scene, in_reply_to=(first.message_id,), references=("<unknown@x>", second.message_id))
    assert found == (second.id, MatchedBy.REFERENCE)
    assert await find(scene, in_reply_to=("<unknown@x>",)) is None
    assert await find(scene) is None


async def test_the_providers_id_is_as_good_as_ours(scene: Scene) -> None:
    message = await sent(scene)
    theirs = f"<{uuid4()}@ses.example>"
    await scene.execute(
        "UPDATE email_messages SET provider_message_id = :id WHERE id = :own", id=theirs, own=message.id
    )
    assert await find(scene, references=(theirs,)) == (message.id, MatchedBy.REFERENCE)


async def test_reports_name_the_original(scene: Scene) -> None:
    message = await sent(scene)
    named = (message.id, MatchedBy.REFERENCE)
    assert await find(scene, kind=InboundKind.BOUNCE, bounce=report(original=message.message_id)) == named
    complaint = Complaint((), message.message_id)
    assert await find(scene, kind=InboundKind.COMPLAINT, complaint=complaint) == named


async def test_a_send_of_another_customer_is_not_found(scene: Scene, other: Scene) -> None:
    message = await other.sent(await other.enrolled(email_step("Hello")))
    address = return_path("bounces@customer.example", "ann@customer.example", message.id)
    token = sign(KEYS, "unsubscribe", message.id)
    assert await find(scene, in_reply_to=(message.message_id,), recipients=(address,), unsubscribes=token) is None
    assert await find(other, in_reply_to=(message.message_id,)) is not None


async def test_the_return_address_names_its_send(scene: Scene) -> None:
    message = await sent(scene)
    address = return_path("bounces@mail.customer.example", "ann@customer.example", message.id)
    for kind in (InboundKind.BOUNCE, InboundKind.AUTO_REPLY, InboundKind.REPLY):
        assert await find(scene, kind=kind, recipients=("x@y.example", address)) == (message.id, MatchedBy.RETURN_PATH)
    assert await find(scene, recipients=("bounces+00000000000000000000000000000000@mail.customer.example",)) is None


async def test_the_link_to_unsubscribe_names_its_send_if_it_is_ours(scene: Scene) -> None:
    message, named = await sent(scene), await sent(scene)
    token = sign(KEYS, "unsubscribe", message.id)
    link = (message.id, MatchedBy.UNSUBSCRIBE_LINK)
    assert await find(scene, unsubscribes=token, in_reply_to=(named.message_id,)) == link
    assert await find(scene, unsubscribes=sign("another key of ours", "unsubscribe", message.id)) is None
    assert await find(scene, unsubscribes=sign(KEYS, "tracking", message.id)) is None


# --- by sender ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "subject", "after", "matched"),
    [
        (InboundKind.REPLY, "Re: hello", 80 * DAY, True),
        (InboundKind.REPLY, "AW: Re[2]: Hello", 80 * DAY, True),
        (InboundKind.REPLY, "Re: Hello", 91 * DAY, False),
        (InboundKind.REPLY, "Lunch?", 29 * DAY, True),
        (InboundKind.REPLY, "Lunch?", 31 * DAY, False),
        (InboundKind.REPLY, "Re: Hello", -2 * DAY, False),
        (InboundKind.AUTO_REPLY, "Automatic reply: Hello", 29 * DAY, True),
        (InboundKind.AUTO_REPLY, "Your ticket", 2 * DAY, False),
    ],
)
async def test_a_sender_who_was_mailed_answers_by_subject_or_soon(
    scene: Scene, kind: InboundKind, subject: str, after: timedelta, *, matched: bool
) -> None:
    message = await sent(scene)
    found = await find(scene, kind=kind, from_address=message.to_address, subject=subject, arrived=NOW + after)
    assert found == ((message.id, MatchedBy.SENDER) if matched else None)


async def test_of_two_sends_the_one_with_the_subject_is_answered(scene: Scene) -> None:
    contact = await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    (two,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    first, second = await scene.sent(one), await scene.sent(two, now=NOW + HOUR)
    await scene.execute("UPDATE email_messages SET subject = 'Prices' WHERE id = :id", id=first.id)
    found = [await find(scene, from_address=contact.email, subject=subject) for subject in ("Re: Prices", "Other")]
    assert found == [(first.id, MatchedBy.SENDER), (second.id, MatchedBy.SENDER)]


async def test_whom_another_mailbox_has_mailed_answers_nothing_here(scene: Scene) -> None:
    message = await sent(scene)
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    elsewhere = Scene(scene.sessions, scene.tenant, second)
    assert await find(elsewhere, from_address=message.to_address, subject="Re: Hello") is None
    bounce: dict[str, Any] = {"kind": InboundKind.BOUNCE, "bounce": report(message.to_address)}
    assert await find(elsewhere, **bounce) is None
    assert await find(scene, **bounce) == (message.id, MatchedBy.RECIPIENT)


async def test_what_was_claimed_and_not_sent_is_answered_by_nobody(scene: Scene) -> None:
    contact = await scene.contact()
    (enrollment,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    assert await scene.claim(enrollment)
    assert await find(scene, from_address=contact.email, subject="Re: Hello") is None


# --- by recipient --------------------------------------------------------------------------------------------------


async def test_a_report_without_ids_is_about_whom_the_mailbox_mailed_lately(scene: Scene) -> None:
    message = await sent(scene)
    bounce: dict[str, Any] = {"kind": InboundKind.BOUNCE, "bounce": report("x@y.example", message.to_address)}
    assert await find(scene, **bounce, arrived=NOW + 13 * DAY) == (message.id, MatchedBy.RECIPIENT)
    assert await find(scene, **bounce, arrived=NOW + 15 * DAY) is None
    complaint = Complaint((message.to_address,), None)
    assert await find(scene, kind=InboundKind.COMPLAINT, complaint=complaint) == (message.id, MatchedBy.RECIPIENT)
    assert await find(scene, kind=InboundKind.BOUNCE, bounce=report("stranger@y.example")) is None
    assert await find(scene, kind=InboundKind.BOUNCE, bounce=report()) is None
