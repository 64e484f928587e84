"""Bounces as the common servers write them, each with what it says."""

OURS = "<7.opendoors@sender.example>"
RECIPIENT = "bob@contact.example"

_ORIGINAL = f"""From: Ann <ann@sender.example>
To: {RECIPIENT}
Subject: Hello
Message-ID: {OURS}

Hi Bob, the mailbox is full of user unknown jokes.
"""


def report(
    *,
    sender: str,
    subject: str,
    notice: str,
    status: str,
    diagnostic: str,
    action: str = "failed",
    original: str = "message/rfc822",
) -> bytes:
    """A delivery status notification (RFC 3464)."""
    return f"""Return-Path: <>
From: {sender}
To: ann@sender.example
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-ID: <report@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

{notice}
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {RECIPIENT.upper()}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--B
Content-Type: {original}

{_ORIGINAL}
--B--
""".replace("\n", "\r\n").encode()


def postfix(status: str, diagnostic: str, action: str = "failed") -> bytes:
    return report(
        sender="MAILER-DAEMON@mx.example (Mail Delivery System)",
        subject="Undelivered Mail Returned to Sender" if action == "failed" else "Delayed Mail (still being retried)",
        notice="This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message "
        "could not\nbe delivered to one or more recipients. It's attached below.",
        status=status,
        diagnostic=diagnostic,
        action=action,
    )


def exchange(status: str, words: str) -> bytes:
    return report(
        sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contact.example>",
        subject="Undeliverable: Hello",
        notice=f"Delivery has failed to these recipients or groups:\n\n{RECIPIENT}<mailto:{RECIPIENT}>\n{words}",
        status=status,
        diagnostic=f"550 {status} {words}",
        original="text/rfc822-headers",
    )


def gmail(status: str, words: str, action: str = "failed") -> bytes:
    return report(
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        subject="Delivery Status Notification (Failure)",
        notice=f"** Address not found **\n\nYour message wasn't delivered to {RECIPIENT}",
        status=status,
        diagnostic=words,
        action=action,
    )


def _free(sender: str, subject: str, body: str, extra: str = "") -> bytes:
    head = f"Return-Path: <>\nFrom: {sender}\nTo: ann@sender.example\nSubject: {subject}\nMessage-ID: <n@mx.example>\n"
    return f"{head}{extra}\n{body}".replace("\n", "\r\n").encode()


def exim(words: str) -> bytes:
    body = f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {RECIPIENT}
    host mx.contact.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<{RECIPIENT}>:
    {words}

------ This is a copy of the message, including all the headers. ------

{_ORIGINAL}"""
    extra = f"X-Failed-Recipients: {RECIPIENT}\nAuto-Submitted: auto-replied\n"
    return _free(
        "Mail Delivery System <Mailer-Daemon@mx.example>",
        "Mail delivery failed: returning message to sender",
        body,
        extra,
    )


def qmail(words: str) -> bytes:
    body = f"""Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{RECIPIENT}>:
{words}

--- Below this line is a copy of the message.

{_ORIGINAL}"""
    return _free("MAILER-DAEMON@mx.example", "failure notice", body)


def dragonfly(words: str) -> bytes:
    body = f"""This is the DragonFly Mail Agent v0.13 at mx.example.

There was an error delivering your mail to <{RECIPIENT}>.

{words}

Message headers follow.

{_ORIGINAL}"""
    return _free("MAILER-DAEMON <>", "Mail delivery failed", body)


HARD = {
    "postfix": postfix("5.1.1", f"550 5.1.1 <{RECIPIENT}>: Recipient address rejected: User unknown"),
    "postfix, no domain": postfix(
        "5.4.4", "Host or domain name not found. Name service error for name=contact.example"
    ),
    "exchange": exchange("5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    "exchange 5.1.1": exchange("5.1.1", "RESOLVER.ADR.ExRecipNotFound; not found"),
    "gmail": gmail("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist."),
    "gmail disabled": gmail("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled."),
    "exim": exim("550 No such user here"),
    "exim unrouteable": exim("Unrouteable address"),
    "qmail": qmail("192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\nGiving up."),
    "qmail local": qmail("Sorry, no mailbox here by that name. (#5.1.1)"),
}
SOFT = {
    "postfix full": postfix("5.2.2", "552 5.2.2 Mailbox full"),
    "postfix spam": postfix("5.7.1", "554 5.7.1 Message rejected as spam by content filter"),
    "postfix expired": postfix("4.4.1", "connect to mx.contact.example[192.0.2.1]:25: Connection timed out"),
    "postfix greylist": postfix("4.2.0", f"450 4.2.0 <{RECIPIENT}>: Recipient address rejected: Greylisted"),
    "postfix policy at 5.1.1": postfix("5.1.1", "550 5.1.1 blocked by our policy"),
    "exchange policy": exchange("5.7.133", "RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"),
    "exchange quota": exchange("5.2.2", "STOREDRV.Deliver; mailbox full. quota exceeded"),
    "gmail dmarc": gmail("5.7.26", "550-5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy"),
    "gmail rate": gmail("5.2.1", "550-5.2.1 The user you are trying to contact is receiving mail at a rate limit"),
    "exim full": exim("552 5.2.2 Over quota"),
    "qmail full": qmail("Remote host said: 552 5.2.2 mailbox full\nGiving up."),
}
DELAYED = {
    "postfix": postfix("4.4.1", "connect to mx.contact.example[192.0.2.1]:25: Connection timed out", "delayed"),
    "gmail": gmail("4.4.1", "The recipient server did not accept our requests to connect.", "delayed"),
    "delivered": postfix("2.0.0", "250 ok", "delivered"),
}
