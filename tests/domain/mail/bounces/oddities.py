"""Bounces that stand apart: filters, refusals, other mail servers, delays and successes told in words alone."""

# ruff: noqa: E501  (what servers and people write is not broken)

from tests.domain.mail.bounces.localised import Sample
from tests.domain.mail.bounces.reasons import Reason
from tests.domain.mail.bounces.servers import BOB, ORIGINAL, OURS, dsn, head, plain

_SILENT = Reason(550, None, "", False)
_DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"
_EXCHANGE = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.example>"
_FAILED = "Undelivered Mail Returned to Sender"


def _fields(status: str, diagnostic: str | None, notice: str = "Your message could not be delivered.") -> bytes:
    return dsn(head(_DAEMON, _FAILED), notice, _SILENT, status=status, diagnostic=diagnostic)


def _words(sender: str, subject: str, body: str, return_path: str = "<>") -> bytes:
    return plain(head(sender, subject, return_path=return_path), body)


_BARRACUDA = (
    f"Your message to: {BOB}\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN "
    "DELIVERED:\n\nSubject: Idea\n"
)
_SIEVE = (
    "From: Mail Delivery Subsystem <postmaster@h.example>\nReturn-Path: <>\nSubject: Rejected: Idea\nAuto-Submitted: auto-replied "
    "(rejected)\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=disposition-notification; boundary=q\n\n--q\n"
    f"Content-Type: text/plain; charset=utf-8\n\nYour message to <{BOB}> was automatically rejected:\nI do not accept mail from you.\n"
    f"--q\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; {BOB}\nOriginal-Message-ID: {OURS}\n"
    f"Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--q\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--q--\n"
)
_EXIM = "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"

ODDITIES = (
    Sample("exim without a diagnostic", dsn(head(_DAEMON, _FAILED), f"{_EXIM}  {BOB}\n    Unrouteable address\n", _SILENT, status="5.0.0"), "hard"),
    Sample("exim gave up", _words(_DAEMON, "Mail delivery failed: returning message to sender", f"{_EXIM}  {BOB}\n    host mx: retry timeout exceeded\n\n------ This is a copy of the message, including all the headers. ------\n\n{ORIGINAL}"), "soft"),
    Sample("barracuda", _words("postmaster@contact.example", "**Message you sent blocked by our bulk email filter**", _BARRACUDA), "soft"),
    Sample("barracuda without a return path", _words("postmaster@contact.example", "**Message you sent blocked by our bulk email filter**", _BARRACUDA, ""), "soft"),
    Sample("communigate", _words('"CommuniGate Pro" <MAILER-DAEMON@cg.example>', "Undeliverable mail: Idea", f"Failed to deliver to '{BOB}'\nLOCAL module(account bob) reports:\n account is full (quota exceeded)\n"), "soft"),
    Sample("courier", _words('"Courier mail server at mx.example" <@mx.example>', "NOTICE: mail delivery status.", f"This is a delivery status notification from mx.example,\nrunning the Courier mail server, version 0.65.\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<{BOB}>:\n    mx.contact.example [192.0.2.9]:\n<<< 550 User unknown.\n"), "hard"),
    Sample("opensmtpd", _words("Mailer Daemon <MAILER-DAEMON@h.example>", "Delivery status notification: error", f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n{BOB}: 550 Invalid recipient\n\n    Below is a copy of the original message:\n\n{ORIGINAL}"), "hard"),
    Sample("sieve", _SIEVE.encode(), "soft"),
    Sample("ionos in German", _words("Mail Delivery System <mailer-daemon@kundenserver.de>", "Unzustellbare Nachricht", f"Diese Nachricht wurde automatisch erstellt.\n\nIhre Nachricht konnte nicht an folgende Empfänger zugestellt werden:\n\n{BOB}\nDie E-Mail-Adresse existiert nicht.\n"), "hard"),
    Sample("gmx", _words("GMX Mailer Daemon <mailer-daemon@gmx.net>", "Mail delivery failed: returning message to sender", f"{_EXIM}{BOB}:\nQuota exceeded. The recipients mailbox is full.\n\n--- The header of the original message is following. ---\n\n{ORIGINAL}"), "soft"),
    Sample("outlook.com", _fields("5.5.0", "smtp;550 Requested action not taken: mailbox unavailable (-2019901852:4462:-2147467259)"), "hard"),
    Sample("postfix, local", _fields("5.1.1", 'X-Postfix; unknown user: "bob"'), "hard"),
    Sample("words over several lines", _fields("5.2.1", "smtp; 550-5.2.1 The email account that you tried to\n 550-5.2.1 reach is inactive. Learn more at\n 550 5.2.1 https://support.google.com/mail/?p=DisabledUser a1"), "hard"),
    Sample("timed out", _fields("4.4.1", "smtp; connect to mx[192.0.2.9]:25: Connection timed out"), "soft"),
    Sample("full, in the notice alone", _fields("5.0.0", None, "Your message could not be delivered: mailbox is full."), "soft"),
    Sample("status alone", _fields("5.1.1", None), "hard"),
    Sample("unknown reason", _fields("5.0.0", None), "soft"),
    Sample("exchange, delayed", _words(_EXCHANGE, "Delivery delayed: Idea", f"Delivery is delayed to these recipients or groups:\n\n{BOB}\n\nThis message hasn't been delivered yet. Delivery will continue to be attempted.\n"), "delayed"),
    Sample("exchange, delayed, in German", _words(_EXCHANGE, "Zustellung verzögert: Idee", f"Die Zustellung an folgende Empfänger oder Gruppen verzögert sich:\n\n{BOB}\n\nDie Nachricht wurde noch nicht zugestellt.\n"), "delayed"),
    Sample("exchange, delivered", _words(_EXCHANGE, "Delivered: Idea", f"Your message has been delivered to the following recipients:\n\n{BOB}\n"), "delayed"),
    Sample("exchange, relayed", _words(_EXCHANGE, "Relayed: Idea", f"Delivery to these recipients or groups is complete, but no delivery notification was sent by the destination server:\n\n{BOB}\n"), "delayed"),
    Sample("163", _words("Postmaster@163.com", "系统退信", f"抱歉，您的邮件被退回来了\n收件人: {BOB}\n原因: 对方邮箱已满\n"), "soft"),
    Sample("naver", _words("MAILER-DAEMON@naver.com", "[발송실패 안내] 메일이 전송되지 못했습니다", f"메일 전송에 실패하였습니다.\n받는 사람: {BOB}\n실패 사유: 존재하지 않는 사용자입니다.\n"), "hard"),
)  # fmt: skip
