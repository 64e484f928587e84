"""Bounces as servers send them, by the thousand: how many are known, and how many are told hard from soft rightly."""

from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from hashlib import sha256

import pytest

from domain.incoming.bounces import BounceReport, bounce_of
from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.mail.bounces import people
from tests.domain.mail.bounces.localised import Sample, samples
from tests.domain.mail.bounces.oddities import ODDITIES
from tests.domain.mail.bounces.reasons import GONE, PASSING
from tests.domain.mail.bounces.servers import BOB, FORMS, OURS, gmail, head, plain, postfix, qmail, sendmail

_WITHOUT_ORIGINAL = {"exchange_old", "mdaemon", "qq"}  # These frames give nothing of the original mail.
_WESTERN = {"orange": "iso-8859-15", "uol": "iso-8859-1"}


def corpus() -> Iterator[Sample]:
    """Every server with every reason that its charset can write, and the localised notices."""
    for form in FORMS:
        for reason in (*GONE, *PASSING):
            charset = _WESTERN.get(form.__name__, "utf-8")
            if reason.words.encode(charset, "replace").decode(charset) == reason.words:
                yield Sample(form.__name__, form(reason), "hard" if reason.hard else "soft")
    yield from samples()
    yield from ODDITIES


@pytest.fixture(scope="module")
def read() -> list[tuple[Sample, BounceReport | None]]:
    return [(sample, bounce_of(message_from_bytes(sample.raw))) for sample in corpus()]


def verdict(bounce: BounceReport) -> str:
    return "delayed" if bounce.delayed else "hard" if bounce.hard else "soft"


def cells(failed: list[Sample]) -> str:
    """The failures counted by server, as an assertion shows them."""
    return ", ".join(f"{cell}: {count}" for cell, count in Counter(sample.cell for sample in failed).most_common())


def test_the_corpus_is_large(read: list[tuple[Sample, BounceReport | None]]) -> None:
    assert len(read) > 5_000


def test_bounces_are_recognised(read: list[tuple[Sample, BounceReport | None]]) -> None:
    missed = [sample for sample, bounce in read if bounce is None]
    assert len(missed) <= 0.01 * len(read), cells(missed)


def test_hard_is_told_from_soft_and_both_from_delayed(read: list[tuple[Sample, BounceReport | None]]) -> None:
    wrong = [sample for sample, bounce in read if bounce and verdict(bounce) != sample.verdict]
    assert len(wrong) <= 0.03 * len(read), cells(wrong)


def test_the_recipient_and_the_original_are_found(read: list[tuple[Sample, BounceReport | None]]) -> None:
    lost = [
        sample
        for sample, bounce in read
        if bounce is None
        or bounce.recipients != (BOB,)
        or (bounce.original_message_id != OURS and sample.cell not in _WITHOUT_ORIGINAL and sample not in ODDITIES)
    ]
    assert len(lost) <= 0.01 * len(read), cells(lost)


@pytest.mark.parametrize("sample", ODDITIES, ids=lambda sample: sample.cell)
def test_what_stands_apart_is_told_too(sample: Sample) -> None:
    bounce = bounce_of(message_from_bytes(sample.raw))
    assert bounce is not None
    assert (verdict(bounce), bounce.recipients) == (sample.verdict, (BOB,))


def test_those_that_are_gone_are_named(read: list[tuple[Sample, BounceReport | None]]) -> None:
    for _, bounce in read:
        assert bounce is None or bounce.gone == (bounce.recipients if bounce.hard else ())


@pytest.mark.parametrize("mails", [people.answers, people.new_mails, people.attachments, people.programs])
def test_no_mail_about_bounces_is_taken_for_one(mails: type[Iterator[bytes]]) -> None:
    read = [(raw, parse(raw).kind) for raw in mails()]
    assert not [raw[:300] for raw, kind in read if kind in {InboundKind.BOUNCE, InboundKind.UNPARSEABLE}]


@pytest.mark.parametrize("mails", [people.answers, people.new_mails, people.attachments])
def test_a_persons_mail_about_bounces_is_a_reply(mails: type[Iterator[bytes]]) -> None:
    assert {parse(raw).kind for raw in mails()} == {InboundKind.REPLY}


def _damaged(raw: bytes) -> Iterator[bytes]:
    """A mail cut off, with octets changed, and with a stretch of it taken out or put elsewhere."""
    drawn = sha256(raw).digest()
    at, to = sorted(int.from_bytes(drawn[i : i + 4]) % len(raw) for i in (0, 4))
    yield raw[:at]
    yield raw[:at] + drawn[8:20] + raw[at + 12 :]
    yield raw[:at] + raw[to:]
    yield raw[to:] + raw[at:to] + raw[:at]


def test_no_damage_to_a_mail_makes_the_reader_fail() -> None:
    bounces = [sample.raw for number, sample in enumerate(corpus()) if number % 13 == 0]
    for raw in bounces + [raw for mails in (people.attachments, people.programs) for raw in mails()]:
        for damaged in _damaged(raw):
            bounce_of(message_from_bytes(damaged))


DELAYED = {
    "postfix": postfix(PASSING[12]).replace(b"Action: failed", b"Action: delayed"),
    "gmail": gmail(PASSING[12]).replace(b"Action: failed", b"Action: delayed"),
    "delivered": sendmail(PASSING[12]).replace(b"Action: failed", b"Action: delivered"),
    "relayed": sendmail(PASSING[12]).replace(b"Action: failed", b"Action: relayed"),
    "expanded": sendmail(PASSING[12]).replace(b"Action: failed", b"Action: expanded"),
    "in words": plain(
        head("Mail Delivery System <Mailer-Daemon@mx.example>", "Warning: message 1abc-0 delayed 24 hours"),
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
        f"delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n  {BOB}\n"
        "    Connection timed out\n\nNo action is required on your part. Delivery attempts will continue.\n",
    ),
}


@pytest.mark.parametrize("raw", DELAYED.values(), ids=DELAYED)
def test_what_may_yet_arrive_or_did_is_no_failure(raw: bytes) -> None:
    bounce = bounce_of(message_from_bytes(raw))
    assert bounce is not None
    assert (bounce.delayed, bounce.hard, bounce.gone) == (True, False, ())


def test_of_several_recipients_only_those_that_are_gone_are_called_so() -> None:
    other = b"\r\n\r\nFinal-Recipient: rfc822; jo@contact.example\r\nAction: failed\r\nStatus: 5.2.2\r\n"
    more = b"Diagnostic-Code: smtp; 552 5.2.2 Mailbox full\r\n\r\n--=_B\r\nContent-Type: message/rfc822"
    raw = postfix(GONE[0]).replace(b"\r\n\r\n--=_B\r\nContent-Type: message/rfc822", other + more)
    bounce = bounce_of(message_from_bytes(raw))
    assert bounce is not None
    assert bounce.recipients == (BOB, "jo@contact.example")
    assert (bounce.gone, bounce.hard) == ((BOB,), False)


def test_of_several_recipients_in_plain_words_each_has_its_own_reason() -> None:
    raw = qmail(GONE[0]).replace(
        b"\r\nGiving up on 192.0.2.9.",
        b"\r\n\r\n<jo@contact.example>:\r\n192.0.2.9 said: 552 5.2.2 Mailbox full\r\nGiving up on 192.0.2.9.",
    )
    bounce = bounce_of(message_from_bytes(raw))
    assert bounce is not None
    assert set(bounce.recipients) == {BOB, "jo@contact.example"}
    assert (bounce.gone, bounce.hard) == ((BOB,), False)
