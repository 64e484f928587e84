"""The message by which a mail server tells a sender that a recipient does not exist."""

import secrets
from datetime import datetime
from email.utils import format_datetime


def delivery_status_notification(original: bytes, sender: str, recipient: str, hostname: str, now: datetime) -> bytes:
    """A bounce as RFC 3464 has it: multipart/report (RFC 6522) with a text, the status 5.1.1 and the headers.

    `original` is the message that failed, `sender` its envelope sender, to whom this goes; `now` is aware.
    """
    boundary = f"=_{secrets.token_hex(12)}"
    date = format_datetime(now)
    diagnostic = f"550 5.1.1 <{recipient}>: Recipient address rejected: User unknown"
    return b"".join(
        (
            _head(sender, hostname, boundary, date),
            _part(boundary, "text/plain; charset=utf-8", _notice(recipient, hostname, diagnostic)),
            _part(boundary, "message/delivery-status", _status(recipient, hostname, diagnostic, date)),
            _part(boundary, "text/rfc822-headers", _headers_of(original)),
            f"--{boundary}--\r\n".encode(),
        )
    )


def _head(sender: str, hostname: str, boundary: str, date: str) -> bytes:
    return _lines(
        f"From: Mail Delivery System <MAILER-DAEMON@{hostname}>",
        f"To: {sender}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {date}",
        f"Message-ID: <{secrets.token_hex(12)}@{hostname}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        "This is a MIME-encapsulated message.",
        "",
    )


def _notice(recipient: str, hostname: str, diagnostic: str) -> bytes:
    return _lines(
        f"This is the mail system at host {hostname}.",
        "",
        "I'm sorry to have to inform you that your message could not",
        "be delivered to one or more recipients. It's attached below.",
        "",
        f"<{recipient}>: {diagnostic}",
    )


def _status(recipient: str, hostname: str, diagnostic: str, date: str) -> bytes:
    return _lines(
        f"Reporting-MTA: dns; {hostname}",
        f"Arrival-Date: {date}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Original-Recipient: rfc822;{recipient}",
        "Action: failed",
        "Status: 5.1.1",
        f"Remote-MTA: dns; {hostname}",
        f"Diagnostic-Code: smtp; {diagnostic}",
        f"Last-Attempt-Date: {date}",
    )


def _headers_of(original: bytes) -> bytes:
    head, separator, _ = original.partition(b"\r\n\r\n")
    return head + b"\r\n" if separator else head


def _part(boundary: str, content_type: str, body: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body + b"\r\n"


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
