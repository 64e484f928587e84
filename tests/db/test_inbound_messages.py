"""What came in is kept once, whatever comes again."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from db import inbound_messages
from db.inbound_messages import Place, identity
from domain.incoming.inbound_matching import MatchedBy
from domain.vocabulary import InboundKind
from tests.db.conftest import NOW, Scene
from tests.factories import email_step, make_mailbox


async def keep(scene: Scene, uid: int, answered: Row[Any] | None = None, **how: Any) -> UUID | None:
    given = {
        "message_id": f"<{uuid4()}@prospect.example>",
        "from_address": "grace@prospect.example",
        "subject": "Re: Hello",
        "kind": InboundKind.REPLY,
        "body_text": "Yes",
        "raw": b"raw",
        "now": NOW,
    }
    place = Place(scene.mailbox.id, how.pop("uidvalidity", 1), uid)
    async with scene.sessions.begin() as session:
        return await inbound_messages.keep(session, place, answered=answered, **{**given, **how})


async def test_a_message_is_kept_once_under_its_uid(scene: Scene) -> None:
    assert await keep(scene, 1)
    assert not await keep(scene, 1)
    assert await keep(scene, 1, uidvalidity=2)
    assert await scene.count("inbound_messages") == 2


async def test_a_message_that_comes_again_under_another_uid_is_kept_once(scene: Scene) -> None:
    assert await keep(scene, 1, message_id="<same@x>")
    assert not await keep(scene, 2, message_id="<same@x>")
    assert not await keep(scene, 1, message_id="<same@x>", uidvalidity=2)
    assert await scene.count("inbound_messages") == 1


async def test_a_message_without_an_id_is_known_by_its_bytes() -> None:
    assert identity("<own@x>", b"raw") == "<own@x>"
    assert identity(None, b"one") == identity(None, b"one") != identity(None, b"two")
    assert identity(None, b"") is None


async def test_messages_of_which_nothing_is_at_hand_are_told_apart_by_their_uids(scene: Scene) -> None:
    assert await keep(scene, 1, message_id=None)
    assert await keep(scene, 2, message_id=None)


async def test_the_same_id_in_another_customers_mailbox_is_another_message(scene: Scene, other: Scene) -> None:
    assert await keep(scene, 1, message_id="<same@x>")
    assert await keep(other, 1, message_id="<same@x>")
    async with other.sessions.begin() as session:
        assert not await inbound_messages.came_elsewhere(session, other.mailbox.id, "<same@x>")


async def test_a_message_to_two_mailboxes_is_known_in_the_second(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    assert await keep(scene, 1, message_id="<both@x>")
    async with scene.sessions.begin() as session:
        assert await inbound_messages.came_elsewhere(session, second.id, "<both@x>")
        assert not await inbound_messages.came_elsewhere(session, scene.mailbox.id, "<both@x>")
        assert not await inbound_messages.came_elsewhere(session, second.id, None)


async def test_what_is_kept_names_the_send_that_it_answers(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    how = {"matched_by": MatchedBy.SENDER, "absent_until": NOW.date(), "needs_review": True}
    assert await keep(scene, 1, message, from_address="x" * 300 + "@y.example", message_id="<one@x>", **how)
    row = await scene.one("SELECT * FROM inbound_messages WHERE customer_id = :customer_id")
    assert (row.email_message_id, row.contact_id, row.enrollment_id) == (
        message.id,
        message.contact_id,
        message.enrollment_id,
    )
    assert (row.matched_by, row.absent_until, row.needs_review) == ("sender", NOW.date(), True)
    assert len(row.from_address) == 255


async def test_the_uids_behind_one_that_was_refused_are_known(scene: Scene) -> None:
    for uid in (3, 5, 6):
        assert await keep(scene, uid)
    assert await keep(scene, 7, uidvalidity=2)
    async with scene.sessions() as session:
        assert await inbound_messages.known_uids(session, scene.mailbox.id, 1, 3) == {5, 6}
