"""Watching a mailbox: what its server tells of is recorded at once, once, and whatever one message is like."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from imap_tools import BaseMailBox
from pydantic import SecretStr
from sqlalchemy import Row
from temporalio.testing import ActivityEnvironment

from activities.imap import ImapInbox, ImapUnavailable
from activities.mailboxes import MailboxActivities
from activities.resources import Resources
from activities.unknown_sends import SentFolder
from clock import utc_now
from db.engine import create_engine
from db.secrets import SecretBox
from domain.mailboxes import MailboxWatch
from domain.sending.return_paths import return_path
from domain.tokens import sign
from embedded.mail import MailServer
from settings import Settings
from tests.activities.test_imap import answering
from tests.conftest import new_migrated_database
from tests.db.conftest import HOUR, NOW, Scene
from tests.factories import email_step, make_mailbox, make_tenant
from worker import make_resources

KEY = "0123456789abcdef"
ANN = "ann@sender.example"


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path_factory.mktemp("mail"))
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="module")
async def resources(postgres_url: str) -> AsyncIterator[Resources]:
    url = await new_migrated_database(postgres_url)
    settings = Settings(database_url=SecretStr(url), secret_key=SecretStr(KEY), imap_poll_seconds=3600)
    engine = create_engine(settings)
    yield make_resources(settings, engine, lambda: NOW + HOUR)
    await engine.dispose()


@pytest.fixture
def watching(resources: Resources) -> MailboxActivities:
    return MailboxActivities(resources)


@pytest_asyncio.fixture
async def scene(resources: Resources, server: MailServer) -> Scene:
    """A tenant whose mailbox is on the mail server."""
    address = f"{uuid4().hex[:10]}@sender.example"
    async with resources.sessions.begin() as session:
        tenant = await make_tenant(session)
        mailbox = await make_mailbox(
            session,
            tenant,
            email=address,
            imap_host=server.host,
            imap_port=server.imap_port,
            imap_security="none",
            imap_username=address,
            imap_password_encrypted=SecretBox(KEY).encrypt(server.password),
        )
    return Scene(resources.sessions, tenant, mailbox)


def deliver(server: MailServer, scene: Scene, raw: bytes | EmailMessage) -> None:
    with smtplib.SMTP(server.host, server.smtp_port) as client:
        client.sendmail("grace@prospect.example", [scene.mailbox.email], bytes(raw))


def mail(answers: str | None = None, text: str = "Yes, gladly.", **headers: str) -> EmailMessage:
    """A person's mail; names of headers with underscores for hyphens."""
    message = EmailMessage()
    given = {
        "From": "grace@prospect.example",
        "To": ANN,
        "Subject": "Re: Hello",
        "Message_ID": f"<{uuid4()}@x.example>",
    }
    for name, value in {**given, **({"In_Reply_To": answers} if answers else {}), **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


async def poll(watching: MailboxActivities, resources: Resources, scene: Scene) -> int:
    watch = MailboxWatch(scene.mailbox.id)
    row = await watching._settings(watch)
    assert row is not None
    inbox = ImapInbox(await watching._login(watch, row))
    try:
        return await watching.poll(watch, inbox)
    finally:
        await inbox.close()


async def kept(scene: Scene, *columns: str) -> list[Any]:
    """These columns of what was recorded, in the order of UIDs."""
    shown = ", ".join(columns)
    rows = await scene.column(
        f"SELECT to_jsonb(ARRAY[{shown}]) FROM inbound_messages WHERE customer_id = :customer_id ORDER BY uid"
    )
    return [row[0] if len(columns) == 1 else row for row in rows]


async def sent(scene: Scene, **columns: Any) -> Row[Any]:
    steps = email_step("Hello"), email_step("Again", delay_days=3)
    return await scene.sent(await scene.enrolled(*steps, **columns))


async def eventually(scene: Scene, count: int, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while await scene.count("inbound_messages") < count:
            await asyncio.sleep(0.02)


# --- the watch ---------------------------------------------------------------------------------------------------


async def test_a_reply_is_recorded_within_a_second_and_the_end_of_the_worker_at_once(
    watching: MailboxActivities, server: MailServer, scene: Scene
) -> None:
    message = await sent(scene)
    environment = ActivityEnvironment()
    watch = asyncio.create_task(environment.run(watching.watch_mailbox, MailboxWatch(scene.mailbox.id)))
    await asyncio.sleep(1)
    await asyncio.to_thread(deliver, server, scene, mail(message.message_id))
    await eventually(scene, 1, 1)
    assert (await scene.enrollment(message.enrollment_id)).completion_reason == "replied"
    await asyncio.to_thread(deliver, server, scene, mail(message.message_id))
    await eventually(scene, 2, 1)
    environment.worker_shutdown()
    assert await asyncio.wait_for(watch, 1)


async def test_a_mailbox_that_cannot_be_read_says_why(watching: MailboxActivities, scene: Scene) -> None:
    await scene.execute(
        "UPDATE email_accounts SET imap_password_encrypted = :sealed WHERE id = :id",
        id=scene.mailbox.id,
        sealed=SecretBox(KEY).encrypt("wrong"),
    )
    environment = ActivityEnvironment()
    watch = asyncio.create_task(environment.run(watching.watch_mailbox, MailboxWatch(scene.mailbox.id)))
    async with asyncio.timeout(5):
        while not (
            said := await scene.column("SELECT last_error FROM email_accounts WHERE id = :id", id=scene.mailbox.id)
        )[0]:
            await asyncio.sleep(0.05)
    assert "refuses the login" in said[0]
    environment.worker_shutdown()
    assert await asyncio.wait_for(watch, 1)


async def test_a_mailbox_that_is_gone_is_watched_no_more(watching: MailboxActivities) -> None:
    assert await ActivityEnvironment().run(watching.watch_mailbox, MailboxWatch(uuid4())) is False


async def test_a_mailbox_with_tokens_logs_in_with_its_access_token(watching: MailboxActivities, scene: Scene) -> None:
    await scene.execute(
        """UPDATE email_accounts SET auth_method = 'xoauth2', oauth_access_token_encrypted = :token,
             oauth_expires_at = :expires WHERE id = :id""",
        id=scene.mailbox.id,
        token=SecretBox(KEY).encrypt("ya29.token"),
        expires=utc_now() + timedelta(hours=1),
    )
    watch = MailboxWatch(scene.mailbox.id)
    row = await watching._settings(watch)
    assert row is not None
    assert (await watching._login(watch, row)).access_token == "ya29.token"


# --- reading -----------------------------------------------------------------------------------------------------


async def test_old_mail_is_not_read_and_new_mail_is_read_once(
    watching: MailboxActivities, resources: Resources, server: MailServer, scene: Scene
) -> None:
    deliver(server, scene, mail())
    assert await poll(watching, resources, scene) == 0
    deliver(server, scene, mail(Subject="New"))
    assert await poll(watching, resources, scene) == 1
    assert await poll(watching, resources, scene) == 0
    assert await kept(scene, "subject") == ["New"]


async def test_one_broken_message_in_every_ten_delays_no_good_one(
    watching: MailboxActivities,
    resources: Resources,
    server: MailServer,
    scene: Scene,
) -> None:
    await poll(watching, resources, scene)
    broken = [
        b"\xff\xfe\x00 no mail at all\r\n",
        b"From: x\x00y@z\r\nSubject: =?utf-8?b?AA==?=\r\n\r\n\x00\x00",
        b"\r\n\r\n",
    ]
    for n in range(30):
        deliver(server, scene, broken[n // 10] if n % 10 == 0 else mail(Subject=f"No. {n}"))
    await poll(watching, resources, scene)
    good = [subject for subject in await kept(scene, "subject") if subject and subject.startswith("No.")]
    assert good == [f"No. {n}" for n in range(30) if n % 10]
    assert await scene.count("inbound_messages") == 30
    unreadable = await kept(scene, "kind::text", "needs_review::text")
    assert unreadable.count(["unparseable", "true"]) >= 2


async def test_a_reply_whose_ids_and_addresses_no_database_takes_is_a_reply(
    watching: MailboxActivities, resources: Resources, server: MailServer, scene: Scene
) -> None:
    await poll(watching, resources, scene)
    message = await sent(scene)
    raw = (
        b"From: gr\xffce\x00@prospect.example\r\nMessage-ID: <a\x00\xff@x>\r\nSubject: \xff\x00\r\n"
        b"References: <\x00@x> <\xff@y> " + message.message_id.encode() + b"\r\n\r\nYes \x00 \xff\r\n"
    )
    deliver(server, scene, raw)
    await poll(watching, resources, scene)
    assert await kept(scene, "kind::text", "matched_by") == [["reply", "reference"]]
    assert (await scene.enrollment(message.enrollment_id)).completion_reason == "replied"


async def test_a_message_that_cannot_be_recorded_is_kept_as_it_came(
    watching: MailboxActivities,
    resources: Resources,
    server: MailServer,
    scene: Scene,
) -> None:
    await poll(watching, resources, scene)
    message = await sent(scene)
    # As if we had a bug: the consequences of a reply look for the domain of this.
    await scene.execute("UPDATE email_messages SET to_address = 'no address' WHERE id = :id", id=message.id)
    deliver(server, scene, mail(message.message_id))
    deliver(server, scene, mail(Subject="Good"))
    assert await poll(watching, resources, scene) == 2
    assert await kept(scene, "kind::text", "needs_review::text") == [["unparseable", "true"], ["reply", "false"]]


async def test_a_message_that_the_server_refuses_is_given_up_at_the_third_poll_and_delays_none(
    watching: MailboxActivities, resources: Resources, scene: Scene
) -> None:
    await scene.execute("UPDATE email_accounts SET imap_uidvalidity = 7 WHERE id = :id", id=scene.mailbox.id)
    watch = MailboxWatch(scene.mailbox.id)
    place = "SELECT imap_last_uid FROM email_accounts WHERE id = :id"
    third = b"* 3 FETCH (UID 3 BODY[] {3}\r\nxyz)\r\nTAG OK done\r\n"
    async with answering(uid_fetch_2=b"TAG NO [SERVERBUG] never\r\n", uid_fetch_3=third) as inbox:
        assert await watching.poll(watch, inbox) == 2
        assert await kept(scene, "uid") == [1, 3]
        assert await watching.poll(watch, inbox) == 0
        assert await scene.column(place, id=scene.mailbox.id) == [1]
        await watching.poll(watch, inbox)
    assert await scene.column(place, id=scene.mailbox.id) == [3]
    assert await kept(scene, "uid") == [1, 2, 3]
    shown = await kept(scene, "uid::text", "kind::text", "needs_review::text", "length(raw)::text")
    assert shown[1] == ["2", "unparseable", "true", "0"]


async def test_a_refused_message_that_comes_later_is_recorded_as_it_is(
    watching: MailboxActivities, scene: Scene
) -> None:
    await scene.execute("UPDATE email_accounts SET imap_uidvalidity = 7 WHERE id = :id", id=scene.mailbox.id)
    watch = MailboxWatch(scene.mailbox.id)
    async with answering(uid_fetch_2=b"TAG NO later\r\n") as inbox:
        await watching.poll(watch, inbox)
    letter = b"Subject: Two\r\n\r\nText\r\n"
    second = b"* 2 FETCH (UID 2 BODY[] {%d}\r\n%s)\r\nTAG OK done\r\n" % (len(letter), letter)
    async with answering(uid_fetch_2=second) as inbox:
        assert await watching.poll(watch, inbox) >= 1
    assert "Two" in await kept(scene, "subject")
    assert await scene.column("SELECT imap_last_uid FROM email_accounts WHERE id = :id", id=scene.mailbox.id) == [3]


async def test_a_server_that_goes_away_loses_nothing(watching: MailboxActivities, scene: Scene) -> None:
    await scene.execute("UPDATE email_accounts SET imap_uidvalidity = 7 WHERE id = :id", id=scene.mailbox.id)
    async with answering(uid_search=None) as inbox:
        with pytest.raises(ImapUnavailable):
            await watching.poll(MailboxWatch(scene.mailbox.id), inbox)
    assert await scene.column("SELECT imap_last_uid FROM email_accounts WHERE id = :id", id=scene.mailbox.id) == [0]


async def test_a_changed_uidvalidity_changes_nothing_twice(
    watching: MailboxActivities, resources: Resources, server: MailServer, scene: Scene
) -> None:
    await poll(watching, resources, scene)
    message = await sent(scene, stop_on_reply=False)
    deliver(server, scene, mail(message.message_id))
    anonymous = mail(message.message_id)
    del anonymous["Message-ID"]
    deliver(server, scene, anonymous)
    await poll(watching, resources, scene)
    await scene.execute("UPDATE email_accounts SET imap_uidvalidity = 1 WHERE id = :id", id=scene.mailbox.id)
    assert await poll(watching, resources, scene) == 2
    deliver(server, scene, anonymous)
    await poll(watching, resources, scene)
    assert await scene.count("inbound_messages") == 2
    assert (await scene.enrollment(message.enrollment_id)).total_replies == 2


async def test_a_reply_to_two_mailboxes_is_one_reply(
    watching: MailboxActivities, resources: Resources, server: MailServer, scene: Scene
) -> None:
    message = await sent(scene, stop_on_reply=False)
    async with scene.sessions.begin() as session:
        second = await make_mailbox(
            session,
            scene.tenant,
            email=f"second-{scene.mailbox.email}",
            imap_host=server.host,
            imap_port=server.imap_port,
            imap_security="none",
            imap_username=f"second-{scene.mailbox.email}",
            imap_password_encrypted=SecretBox(KEY).encrypt(server.password),
        )
    both = [scene, Scene(scene.sessions, scene.tenant, second)]
    for one in both:
        await poll(watching, resources, one)
    reply = mail(message.message_id)
    for one in both:
        deliver(server, one, reply)
        assert await poll(watching, resources, one) == 1
    assert (await scene.enrollment(message.enrollment_id)).total_replies == 1
    assert await scene.count("inbound_messages") == 2


# --- consequences --------------------------------------------------------------------------------------------------


def dsn(
    message: Row[Any], *, recipient: str | None = None, action: str = "failed", status: str = "5.1.1", words: str
) -> bytes:
    """A delivery report (RFC 3464) on a send."""
    recipient = recipient or message.to_address
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {ANN}\r\nMessage-ID: <{uuid4()}@mx.example>\r\nSubject: Report\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message.message_id}\r\n\r\n--b--\r\n"
    ).encode()


class Consequences:
    """Puts mail into the mailbox, has it read, and looks at what came of it."""

    def __init__(self, watching: MailboxActivities, resources: Resources, server: MailServer, scene: Scene) -> None:
        self._reading = watching, resources, scene
        self._server = server
        self.scene = scene

    async def of(self, raw: bytes | EmailMessage) -> None:
        await poll(*self._reading)
        deliver(self._server, self.scene, raw)
        assert await poll(*self._reading) == 1

    async def bounces(self, message: Row[Any]) -> list[str]:
        return await self.scene.column(
            """SELECT activity_subtype FROM contact_activities
               WHERE contact_id = :id AND activity_type = 'email_bounced'""",
            id=message.contact_id,
        )

    async def policy_error(self) -> str | None:
        (error,) = await self.scene.column(
            "SELECT policy_error FROM email_accounts WHERE id = :id", id=self.scene.mailbox.id
        )
        assert error is None or isinstance(error, str)
        return error


@pytest.fixture
def consequences(watching: MailboxActivities, resources: Resources, server: MailServer, scene: Scene) -> Consequences:
    return Consequences(watching, resources, server, scene)


async def test_a_hard_bounce_ends_and_a_soft_one_counts(consequences: Consequences, scene: Scene) -> None:
    gone, full = await sent(scene), await sent(scene)
    await consequences.of(dsn(gone, words="550 5.1.1 no such user"))
    await consequences.of(dsn(full, status="5.2.2", words="552 5.2.2 mailbox full"))
    assert (await consequences.bounces(gone), await consequences.bounces(full)) == (["hard"], ["soft"])
    assert (await scene.enrollment(gone.enrollment_id)).status == "bounced"
    assert (await scene.enrollment(full.enrollment_id)).status == "active"
    assert await consequences.policy_error() is None


async def test_a_refusal_for_policy_is_shown_on_the_mailbox(consequences: Consequences, scene: Scene) -> None:
    message = await sent(scene)
    words = "550 5.7.1 Message rejected as spam by content filter"
    await consequences.of(dsn(message, status="5.7.1", words=words))
    assert await consequences.bounces(message) == ["soft"]
    assert words in (await consequences.policy_error() or "")


@pytest.mark.parametrize(("action", "status"), [("delivered", "2.0.0"), ("relayed", "2.0.0"), ("delayed", "4.4.1")])
async def test_what_was_delivered_or_is_delayed_is_no_bounce(
    consequences: Consequences, scene: Scene, action: str, status: str
) -> None:
    message = await sent(scene)
    await consequences.of(dsn(message, action=action, status=status, words="250 done"))
    assert await consequences.bounces(message) == []


async def test_a_forward_to_an_address_that_is_gone_is_soft(consequences: Consequences, scene: Scene) -> None:
    message = await sent(scene)
    await consequences.of(dsn(message, recipient="forwarded@other.example", words="550 5.1.1 no such user"))
    assert await consequences.bounces(message) == ["soft"]
    assert (await scene.enrollment(message.enrollment_id)).status == "active"


async def test_a_bounce_at_the_return_address_of_the_send_counts(consequences: Consequences, scene: Scene) -> None:
    message = await sent(scene)
    raw = dsn(message, words="550 5.1.1 no such user").replace(message.message_id.encode(), b"<lost@x.example>")
    address = return_path("bounces@sender.example", ANN, message.id)
    await consequences.of(raw.replace(ANN.encode(), address.encode()))
    assert await consequences.bounces(message) == ["hard"]
    assert await kept(scene, "matched_by") == ["return_path"]


async def test_an_absence_pauses_until_the_day_after(consequences: Consequences, scene: Scene) -> None:
    message = await sent(scene)
    text = "I am out of the office until 3 December 2026."
    await consequences.of(
        mail(message.message_id, text, Subject="Automatic reply: Hello", Auto_Submitted="auto-replied")
    )
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.waiting_reason, row.total_replies) == ("paused", "out_of_office", 0)
    assert row.resume_at == datetime.fromisoformat("2026-12-04T00:00:00+00:00")
    assert await kept(scene, "kind::text", "absent_until::text") == [["auto_reply", "2026-12-03"]]


async def test_a_reply_that_opts_out_waits_for_a_person(consequences: Consequences, scene: Scene) -> None:
    message = await sent(scene, stop_on_reply=False)
    await consequences.of(mail(message.message_id, "Please unsubscribe me."))
    assert (await scene.enrollment(message.enrollment_id)).completion_reason == "replied"
    assert await kept(scene, "needs_review::text") == ["true"]


async def test_a_mail_to_the_unsubscribe_address_unsubscribes_and_is_no_reply(
    consequences: Consequences, scene: Scene
) -> None:
    message = await sent(scene)
    token = sign(KEY, "unsubscribe", message.id)
    await consequences.of(mail(None, "", Subject=f"unsubscribe {token}", To=scene.mailbox.email))
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.total_replies) == ("unsubscribed", 0)
    entries = "SELECT source FROM contact_suppression_lists WHERE customer_id = :customer_id"
    assert await scene.column(entries) == ["mailto"]
    assert await kept(scene, "matched_by", "needs_review::text") == [["unsubscribe_link", "false"]]


async def test_a_complaint_unsubscribes(consequences: Consequences, scene: Scene) -> None:
    message = await sent(scene)
    report = (
        f"From: fbl@provider.example\r\nTo: {ANN}\r\nSubject: Complaint\r\nMessage-ID: <{uuid4()}@fbl.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nAn abuse report\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message.message_id}\r\n\r\nHello\r\n--b--\r\n"
    )
    await consequences.of(report.encode())
    assert (await scene.enrollment(message.enrollment_id)).status == "unsubscribed"
    entries = "SELECT suppression_type::text FROM contact_suppression_lists WHERE customer_id = :customer_id"
    assert await scene.column(entries) == ["complaint"]


# --- the Sent folder -------------------------------------------------------------------------------------------------


async def send_of(scene: Scene, **columns: Any) -> Row[Any]:
    """A send of the mailbox, as it stands in the ledger."""
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    given = {"status": "sent", "sent_at": NOW + HOUR, "sending_at": NOW, **columns}
    pairs = ", ".join(f"{name} = :{name}" for name in given)
    await scene.execute(f"UPDATE email_messages SET {pairs} WHERE id = :id", id=message.id, **given)
    return message


async def look(resources: Resources, watching: MailboxActivities, scene: Scene, *copies: EmailMessage) -> int:
    """File copies in the mailbox's Sent folder and look into it."""
    row = await watching._settings(MailboxWatch(scene.mailbox.id))
    assert row is not None
    inbox = ImapInbox(await watching._login(MailboxWatch(scene.mailbox.id), row))
    for copy in copies:
        await inbox.run(partial(_file, bytes(copy)))
    sent = SentFolder(resources, scene.mailbox.id)
    settled = await sent.look(inbox)
    assert await sent.look(inbox) == 0, "it is not looked into again at once"
    return settled


def _file(raw: bytes, box: BaseMailBox) -> None:
    box.append(raw, "Sent")


def copy_of(message: Row[Any], **headers: str) -> EmailMessage:
    dated = format_datetime(message.claimed_at)
    given = {"To": message.to_address, "Subject": message.subject, "Date": dated, "Message_ID": message.message_id}
    return mail(**{**given, **headers})


async def ledger(scene: Scene, message: Row[Any]) -> tuple[str, str | None]:
    row = await scene.one("SELECT status, provider_message_id FROM email_messages WHERE id = :id", id=message.id)
    return row.status, row.provider_message_id


async def test_a_copy_in_the_sent_folder_settles_an_unknown_send(
    resources: Resources, watching: MailboxActivities, scene: Scene
) -> None:
    message, other = await send_of(scene, status="unknown"), await send_of(scene, status="unknown")
    assert await look(resources, watching, scene, copy_of(message)) == 1
    assert await ledger(scene, message) == ("sent", None)
    assert await ledger(scene, other) == ("unknown", None)


async def test_the_sent_folder_tells_the_id_that_the_provider_gave(
    resources: Resources, watching: MailboxActivities, scene: Scene
) -> None:
    message = await send_of(scene)
    assert await look(resources, watching, scene, copy_of(message, Message_ID="<theirs@provider.example>")) == 0
    assert await ledger(scene, message) == ("sent", "<theirs@provider.example>")
