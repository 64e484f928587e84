# ruff: noqa: E501
"""Complaints, by RFC 5965 and in the forms of before it."""

import pytest

from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.mail.people import OURS

ORIGINAL = (
    f"From: ann@sender.example\r\nTo: Bob <bob@contact.example>\r\nMessage-ID: {OURS}\r\nSubject: Hello\r\n\r\nHi\r\n"
)


def attached(sender: str, subject: str, original: str = ORIGINAL, notice: str = "This is a report.") -> bytes:
    """A mail with another attached, without a report."""
    return (
        f"From: {sender}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
        f"--B\r\nContent-Type: text/plain\r\n\r\n{notice}\r\n--B\r\nContent-Type: message/rfc822\r\n\r\n{original}\r\n--B--\r\n"
    ).encode()


def report(fields: str, encoding: str = "7bit") -> bytes:
    """A feedback report with these fields."""
    return (
        "From: <feedback@arf.mail.example>\r\nSubject: FW: Hello\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nx\r\n"
        f"--B\r\nContent-Type: message/feedback-report\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{fields}\r\n"
        f"--B\r\nContent-Type: message/rfc822\r\n\r\n{ORIGINAL}\r\n--B--\r\n"
    ).encode()


@pytest.mark.parametrize(
    "raw",
    [
        report("Feedback-Type: abuse\r\nUser-Agent: Yahoo!-Mail-Feedback/2.0\r\nVersion: 0.1\r\nOriginal-Rcpt-To: bob@contact.example\r\n"),
        report("Feedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: <BOB@contact.example>\r\n"),
        report("Feedback-Type: abuse\r\nUser-Agent: AOL SComp\r\nVersion: 0.1\r\nRedacted-Address: redacted@\r\n"),
        report("Feedback-Type: abuse\r\nOriginal-Rcpt-To: rfc822;bob@contact.example\r\n"),
        report("Feedback-Type: opt-out\r\nRemoval-Recipient: bob@contact.example\r\n"),
        report("Feedback-Type: miscategorized\r\n"),
        attached("staff@hotmail.com", "complaint about message from 192.0.2.1", f"X-HmXmrOriginalRecipient: bob@contact.example\r\n{ORIGINAL}"),
        attached("Feedback <feedback@isp.example>", "Abuse report"),
        attached("scomp@isp.example", "Email Feedback Report for IP 192.0.2.1"),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_complaint_names_the_mail_and_whom_it_was_for(raw: bytes) -> None:
    read = parse(raw)
    assert read.kind is InboundKind.COMPLAINT
    assert read.complaint is not None
    assert (read.complaint.recipients, read.complaint.original_message_id) == (("bob@contact.example",), OURS)


def below(sender: str, subject: str, notice: str) -> bytes:
    """A plain text with the mail below it, from its headers on."""
    return f"From: {sender}\r\nSubject: {subject}\r\nPrecedence: bulk\r\n\r\n{notice}\r\n\r\n{ORIGINAL}".encode()


@pytest.mark.parametrize(
    "raw",
    [
        below("7@reports.spam.example", "[SpamCop (192.0.2.1) id:77] Hello", "[SpamCop V5.2.0]"),
        below("complaints@isp.example", "Abuse-Report: bulk email from 192.0.2.1", "Our user has marked this mail."),
        b"From: staff@hotmail.com\r\nSubject: complaint about message from 192.0.2.1\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: message/rfc822\r\n\r\n" + ORIGINAL.encode(),
    ],
    ids=["SpamCop", "an abuse desk", "the mail itself"],
)
def test_a_complaint_may_be_plain_text_or_the_mail_itself(raw: bytes) -> None:
    read = parse(raw)
    assert read.kind is InboundKind.COMPLAINT
    assert read.complaint is not None
    assert (read.complaint.recipients, read.complaint.original_message_id) == (("bob@contact.example",), OURS)


@pytest.mark.parametrize(
    "raw",
    [
        below("Bob <bob@contact.example>", "Abuse report", "Did you send this?"),
        below("Bob <bob@contact.example>", "Re: [SpamCop (192.0.2.1) id:77] Hello", "Sorry for the report."),
        attached("Bob <bob@contact.example>", "Abuse report", notice="Look what I got."),
        attached("abuse@contact.example", "Fwd: Hello", notice="Did you send this?"),
        attached("Bob <bob@contact.example>", "complaint about message from 192.0.2.1"),
        b"From: abuse@contact.example\r\nSubject: Abuse report\r\n\r\nPlease call me.",
    ],
    ids=range(6),
)
def test_a_person_who_forwards_or_complains_in_words_is_a_person(raw: bytes) -> None:
    assert parse(raw).kind is InboundKind.REPLY
