"""Mails of people, and of programs that are no mail servers, about bounces: none of them is one.

Somebody forwards a bounce, pastes one, asks what it means, answers from the postmaster's desk, or writes of deliveries.
"""

# ruff: noqa: E501  (what servers and people write is not broken)

from collections.abc import Iterator
from itertools import product

from tests.domain.mail.bounces.reasons import GONE, PASSING
from tests.domain.mail.bounces.servers import (
    BOB,
    ORIGINAL,
    OURS,
    US,
    exchange_text,
    exim,
    gmail,
    postfix,
    qmail,
    sendmail,
)

_SENDERS = (
    f"Bob Miller <{BOB}>",
    "Daemon Jones <daemon.jones@contact.example>",
    "Postmaster <postmaster@contact.example>",
    "Contact Support <support@contact.example>",
    "Delivery Team <delivery@contact.example>",
    "Max Mailer <max.mailer@contact.example>",
    "admin@contact.example",
)
_QUOTED_BOUNCE = "\n".join(f"> {line}" for line in postfix(GONE[0]).decode().splitlines()[:60])
_PASTED_BOUNCE = exim(GONE[1]).decode().replace("\r\n", "\n").partition("\n\n")[2]
_TEXTS = (
    "Hi Ann,\n\nyour last mail reached me, the one before was returned as undeliverable. What is going on?\n\nBob",
    "Hi Ann,\n\nI got this bounce, what shall I do?\n\n" + _QUOTED_BOUNCE,
    "Hello Ann,\n\ncould you please resend it? Our server said 550 5.1.1 User unknown for bob.miller@contact.example.\n\nBest\nBob",
    "Dear Ann,\n\nyour message could not be delivered to my colleague jo@contact.example. She has left the company.\n\nBob",
    "Hallo Ann,\n\nIhre E-Mail konnte nicht zugestellt werden, das Postfach war voll. Bitte noch einmal senden.\n\nGruß\nBob",
    "Bonjour Ann,\n\nvotre message n'a pas pu être remis à jean@contact.example : utilisateur inconnu. Merci de me l'envoyer.\n\nBob",
    "Hi,\n\nsee below.\n\n----- Forwarded message -----\n" + _PASTED_BOUNCE,
    "Let us talk on Monday.\n\n-----Original Message-----\n" + _PASTED_BOUNCE,
)
_SUBJECTS = (
    "Re: Idea for unknown users with a full mailbox",
    "Fwd: Undelivered Mail Returned to Sender",
    "FW: Undeliverable: Idea",
    "AW: Unzustellbar: Idee",
    "RE: Delivery Status Notification (Failure)",
    "TR : Non remis : Idée",
    "WG: Mail delivery failed: returning message to sender",
)


def _mail(sender: str, subject: str, text: str, extra: str = f"In-Reply-To: {OURS}\nReferences: {OURS}\n") -> bytes:
    fields = (
        f"Return-Path: <{sender.rpartition('<')[2].rstrip('>')}>\nFrom: {sender}\nTo: {US}\nSubject: {subject}\n{extra}"
    )
    top = f"{fields}Message-ID: <h1@contact.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    return f"{top}{text}\n".replace("\n", "\r\n").encode()


def answers() -> Iterator[bytes]:
    """Answers and forwarded mails, with and without a return path, whoever they are from."""
    for sender, text, subject in product(_SENDERS, _TEXTS, _SUBJECTS):
        yield _mail(sender, subject, text)


def new_mails() -> Iterator[bytes]:
    """Mails that somebody began, titled as bounces are."""
    titles = (
        "Undeliverable mail",
        "Mail delivery problem",
        "Your bounced message",
        "Delivery failure?",
        "Undelivered: our order",
    )
    for sender, text, subject in product(_SENDERS, _TEXTS[:6], titles):
        yield _mail(sender, subject, text, extra="")


def attachments() -> Iterator[bytes]:
    """A whole bounce, attached or with its parts put inline, by somebody who asks about it."""
    bounces = (postfix(GONE[0]), gmail(GONE[3]), sendmail(PASSING[0]), qmail(GONE[2]), exchange_text(GONE[6]))
    for bounce, subject in product(bounces, (*_SUBJECTS, "What is this?", "Undeliverable")):
        yield _with_attached(bounce, subject)
        yield _with_fields_inline(bounce, subject)


def _with_attached(bounce: bytes, subject: str) -> bytes:
    top = (
        _mail(_SENDERS[0], subject, "", extra="")
        .decode()
        .replace("text/plain; charset=utf-8", "multipart/mixed; boundary=ATT")
    )
    return (
        (
            f"{top.rstrip()}\r\n\r\n--ATT\r\nContent-Type: text/plain\r\n\r\nHi Ann, I got this bounce, what shall I do?\r\nBob\r\n--ATT\r\n"
            "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=bounce.eml\r\n\r\n"
        ).encode()
        + bounce
        + b"\r\n--ATT--\r\n"
    )


def _with_fields_inline(bounce: bytes, subject: str) -> bytes:
    top = (
        _mail(_SENDERS[0], subject, "", extra="")
        .decode()
        .replace("text/plain; charset=utf-8", "multipart/mixed; boundary=INL")
    )
    return (
        f"{top.rstrip()}\r\n\r\n--INL\r\nContent-Type: text/plain\r\n\r\nHi Ann, this came back. Any idea?\r\nBob\r\n--INL\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {BOB}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--INL\r\nContent-Type: message/rfc822\r\n\r\n"
        f"{ORIGINAL}\r\n--INL--\r\n"
    ).encode()


def programs() -> Iterator[bytes]:
    """Newsletters, shops, ticket systems, read receipts and automatic answers."""
    news = "List-Unsubscribe: <https://news.example/u>\nList-Id: <news.example>\nPrecedence: bulk\n"
    auto = "Auto-Submitted: auto-replied\n"
    yield _mail(
        "Deliver Weekly <news@news.example>",
        "Undeliverable: five ways to fewer bounces",
        "550 5.1.1 User unknown: what it means.\nBy jo@news.example",
        news,
    )
    yield _mail(
        "noreply@news.example",
        "Mail delivery failed? Read this",
        "Your message could not be delivered to the following recipient:\njo@example.org\n550 5.1.1 is what you see.",
        news,
    )
    yield _mail(
        "Shop <noreply@shop.example>",
        "Delivery failed: your parcel 550",
        "Your parcel could not be delivered to the following address:\n12 Main Street\nPlease call us.",
        "Auto-Submitted: auto-generated\n",
    )
    yield _mail(
        "Help Desk <support@contact.example>",
        "[Ticket#550511] Undeliverable mail",
        f"Hello,\nwe received your request “Undeliverable mail” from {US} and will look into it.",
        auto,
    )
    yield _mail(
        f"Bob Miller <{BOB}>",
        "Automatic reply: Idea",
        "I have left the company. This mailbox is no longer in use, your message was not delivered to anyone. Write to jo@contact.example.",
        auto,
    )
    yield _mail(
        f"Bob Miller <{BOB}>",
        "Out of Office",
        "My mailbox is full, your mail could not be read. jo@contact.example helps.",
        auto,
    )
    yield _mail(
        "postmaster@contact.example",
        "Automatic reply: Idea",
        "The person you wrote to is away. Undelivered mail is not checked.",
        auto,
    )
    receipt = (
        f"From: Bob Miller <{BOB}>\nTo: {US}\nSubject: Not read: Idea\nIn-Reply-To: {OURS}\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=R\n\n--R\nContent-Type: text/plain\n\n"
        f"Your message to {BOB} was deleted without being read.\n--R\nContent-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822; {BOB}\nOriginal-Message-ID: {OURS}\nDisposition: automatic-action/MDN-sent-automatically; deleted\n--R--\n"
    )
    yield receipt.encode()
