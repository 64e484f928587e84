"""How mail servers write their bounces: the frames around a reason, each as the server of that name sends it."""

# ruff: noqa: E501  (what servers and people write is not broken)

import base64
import quopri
from collections.abc import Callable
from email.header import Header

from tests.domain.mail.bounces.reasons import Reason

OURS = "<7f3c.opendoors@sender.example>"
US = "ann@sender.example"
BOB = "bob.miller@contact.example"

ORIGINAL = f"""Received: from mail.sender.example (mail.sender.example [192.0.2.1])
\tby mx.relay.example (Postfix) with ESMTPS id 4F2; Mon, 6 May 2024 08:00:00 +0000
From: Ann Smith <{US}>
To: {BOB}
Subject: Idea for unknown users with a full mailbox
Message-ID: {OURS}
Date: Mon, 6 May 2024 08:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hi Bob, no such user, quota exceeded, spam: three words that this mail says.
"""
_HEADERS = ORIGINAL.partition("\n\n")[0] + "\n"

Form = Callable[[Reason], bytes]


def _encoded(text: str, encoding: str, charset: str = "utf-8") -> str:
    octets = text.encode(charset, "replace")
    if encoding == "base64":
        return base64.encodebytes(octets).decode("ascii")
    if encoding == "quoted-printable":
        return quopri.encodestring(octets).decode("ascii")
    return text


def _bytes(text: str, charset: str = "utf-8") -> bytes:
    return text.replace("\n", "\r\n").encode(charset, "replace")


def head(sender: str, subject: str, extra: str = "", return_path: str = "<>") -> str:
    """The header of a report until its content type."""
    path = f"Return-Path: {return_path}\n" if return_path else ""
    named = subject if subject.isascii() else Header(subject, "utf-8").encode()
    return (
        f"{path}Received: from mx.example by mail.sender.example; Mon, 6 May 2024 08:00:05 +0000\n"
        f"From: {sender}\nTo: {US}\nSubject: {named}\nMessage-ID: <r1@mx.example>\n"
        f"Date: Mon, 6 May 2024 08:00:05 +0000\n{extra}MIME-Version: 1.0\n"
    )


def plain(top: str, body: str, encoding: str = "8bit", subtype: str = "plain", charset: str = "utf-8") -> bytes:
    """A report that is one text."""
    kind = f"Content-Type: text/{subtype}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return _bytes(f"{top}{kind}{_encoded(body, encoding, charset)}", charset)


def dsn(
    top: str,
    notice: str,
    reason: Reason,
    *,
    status: str | None = None,
    diagnostic: str | None = None,
    action: str = "failed",
    original: str = "message/rfc822",
    encoding: str = "8bit",
    subtype: str = "plain",
    kind: str = "multipart/report; report-type=delivery-status",
    per_recipient: str = "",
) -> bytes:
    """A delivery status notification in three parts."""
    code = status or reason.status or f"{reason.code // 100}.0.0"
    code = code.lstrip("#")
    said = f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    returned = ORIGINAL if original == "message/rfc822" else _HEADERS
    third = f"--=_B\nContent-Type: {original}\n\n{returned}" if original else ""
    return _bytes(
        f'{top}Content-Type: {kind}; boundary="=_B"\n\nThis is a MIME-encapsulated message.\n\n'
        f"--=_B\nContent-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n"
        f"{_encoded(notice, encoding)}\n"
        f"--=_B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
        f"Arrival-Date: Mon, 6 May 2024 08:00:01 +0000\n\n"
        f"Final-Recipient: rfc822; {BOB}\nAction: {action}\nStatus: {code}\nRemote-MTA: dns; mx.contact.example\n"
        f"{said}{per_recipient}\n{third}--=_B--\n"
    )


def postfix(reason: Reason) -> bytes:
    """Postfix: three parts, the words of the remote server in notice and fields."""
    line = reason.line(BOB)
    notice = (
        "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\nFor further assistance, please send mail to "
        "postmaster.\n\nIf you do so, please include this problem report. You can\ndelete your own text from the "
        f"attached returned message.\n\n                   The mail system\n\n<{BOB}>: host mx.contact.example[192.0.2.9] "
        f"said: {line} (in reply to RCPT TO command)\n"
    )
    top = head(
        "MAILER-DAEMON@mx.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied\n",
    )
    return dsn(top, notice, reason, diagnostic=f"smtp; {line}")


def exim(reason: Reason) -> bytes:
    """Exim's classic form: one text with the original below."""
    body = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {BOB}\n    host mx.contact.example [192.0.2.9]\n    SMTP error from remote mail server after RCPT TO:<{BOB}>:\n"
        f"    {reason.line(BOB)}\n\n------ This is a copy of the message, including all the headers. ------\n\n{ORIGINAL}"
    )
    extra = f"X-Failed-Recipients: {BOB}\nAuto-Submitted: auto-replied\n"
    return plain(
        head(
            "Mail Delivery System <Mailer-Daemon@host.example>",
            "Mail delivery failed: returning message to sender",
            extra,
        ),
        body,
    )


def exim_report(reason: Reason) -> bytes:
    """Exim since 4.82: a standard report; its status is 5.0.0 whatever the remote server said."""
    notice = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        f"delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {BOB}\n"
        f"    host mx.contact.example [192.0.2.9]\n    SMTP error from remote mail server after RCPT TO:<{BOB}>:\n    {reason.line(BOB)}\n"
    )
    top = head(
        "Mail Delivery System <Mailer-Daemon@host.example>",
        "Mail delivery failed: returning message to sender",
        "Auto-Submitted: auto-replied\n",
    )
    return dsn(
        top, notice, reason, status="5.0.0", diagnostic=f"smtp; {reason.line(BOB)}", original="text/rfc822-headers"
    )


def qmail(reason: Reason) -> bytes:
    """qmail-send."""
    body = (
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following "
        "addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{BOB}>:\n192.0.2.9 does not like recipient.\nRemote host said: {reason.line(BOB)}\nGiving up on 192.0.2.9.\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <{US}>\n{ORIGINAL}"
    )
    return plain(head("MAILER-DAEMON@mx.example", "failure notice"), body)


def sendmail(reason: Reason) -> bytes:
    """Sendmail: a transcript."""
    line = reason.line(BOB)
    notice = (
        "The original message was received at Mon, 6 May 2024 08:00:01 GMT\nfrom mail.sender.example [192.0.2.1]\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{BOB}>\n    (reason: {line})\n\n"
        f"   ----- Transcript of session follows -----\n... while talking to mx.contact.example.:\n>>> RCPT To:<{BOB}>\n<<< {line}\n"
        f"554 5.0.0 Service not completed\n"
    )
    top = head(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
        "Returned mail: see transcript for details",
        "Auto-Submitted: auto-generated (failure)\n",
    )
    return dsn(top, notice, reason, diagnostic=f"SMTP; {line}")


def exchange_online(reason: Reason) -> bytes:
    """Exchange Online: HTML in base64, the fields, the headers of the original."""
    notice = (
        "<html><head><style>.x{color:red} /* mailbox full */</style></head><body><p>Your message to "
        f'<a href="mailto:{BOB}">{BOB}</a> couldn\'t be delivered.</p><table><tr><td>ann</td><td>Office 365</td></tr></table>'
        "<p>Action Required</p><p>How to Fix It</p><p>Try resending the message. If the problem continues, forward this "
        f"message to your email admin.</p><p>More Info for Email Admins</p><p>Status code: {reason.line(BOB)}</p>"
        "<p>Original Message Details</p></body></html>"
    )
    sender = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@sender.onmicrosoft.example>"
    top = head(
        sender,
        "Undeliverable: Idea",
        f"X-MS-Exchange-Message-Is-Ndr:\nAuto-Submitted: auto-replied\nIn-Reply-To: {OURS}\nReferences: {OURS}\n",
    )
    return dsn(top, notice, reason, diagnostic=f"smtp;{reason.line(BOB)}", encoding="base64", subtype="html")


def exchange_text(reason: Reason) -> bytes:
    """Exchange on premises as a gateway flattened it: one text with the headers of the original."""
    body = (
        f"Delivery has failed to these recipients or groups:\n\n{BOB}<mailto:{BOB}>\n"
        "Your message wasn't delivered. Please contact the recipient by some other means.\n\n\n"
        f"Diagnostic information for administrators:\n\nGenerating server: mx.contact.example\n\n{BOB}\n"
        f"Remote Server returned '{reason.line(BOB)}'\n\nOriginal message headers:\n\n{_HEADERS}"
    )
    return plain(
        head("Microsoft Outlook <postmaster@contact.example>", "Undeliverable: Idea"), body, "quoted-printable"
    )


def exchange_old(reason: Reason) -> bytes:
    """Exchange 5.5 and 2000: the System Administrator's note."""
    body = (
        f"Your message\n\n  To:      {BOB}\n  Subject: Idea for unknown users\n  Sent:    Mon, 6 May 2024 08:00:00 +0000\n\n"
        f"did not reach the following recipient(s):\n\n{BOB} on Mon, 6 May 2024 08:00:03 +0000\n"
        f"    {reason.words.format(r=BOB, d='contact.example')}\n    <mx.contact.example #{reason.line(BOB)}>\n"
    )
    return plain(head("System Administrator <postmaster@contact.example>", "Undeliverable: Idea", return_path=""), body)


def gmail(reason: Reason) -> bytes:
    """Gmail: the words behind “The response was”, and standard fields."""
    line = reason.line(BOB)
    notice = (
        f"\n** Message not delivered **\n\nYour message couldn't be delivered to {BOB}. See technical details below.\n\n"
        f"The response from the remote server was:\n{line}\n"
    )
    extra = f"X-Failed-Recipients: {BOB}\nAuto-Submitted: auto-replied\nIn-Reply-To: {OURS}\nReferences: {OURS}\n"
    top = head(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", extra
    )
    return dsn(top, notice, reason, diagnostic=f"smtp; {line}", encoding="base64")


def gmail_old(reason: Reason) -> bytes:
    """Gmail until 2016: one text."""
    body = (
        "Delivery to the following recipient failed permanently:\n\n"
        f"     {BOB}\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by "
        "the server for the recipient domain contact.example by mx.contact.example. [192.0.2.9].\n\nThe error that the other server "
        f"returned was:\n{reason.line(BOB)}\n\n----- Original message -----\n\n{ORIGINAL}"
    )
    extra = f"X-Failed-Recipients: {BOB}\n"
    return plain(
        head("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", extra),
        body,
    )


def yahoo(reason: Reason) -> bytes:
    """Yahoo."""
    body = (
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{BOB}>:\n{reason.code}: {reason.line(BOB)[4:]}\n\n"
        f"--- Below this line is a copy of the message.\n\n{ORIGINAL}"
    )
    return plain(head("MAILER-DAEMON@yahoo.com", "Failure Notice"), body)


def domino(reason: Reason) -> bytes:
    """HCL Domino."""
    words = reason.line(BOB)
    notice = f"Your message\n\n  Subject: Idea\n\nwas not delivered to:\n\n  {BOB}\n\nbecause:\n\n  {words}\n"
    return dsn(
        head("postmaster@contact.example", f"DELIVERY FAILURE: {reason.words[:30].format(r=BOB, d='')}"),
        notice,
        reason,
        diagnostic=f"X-Notes; {words}",
    )


def groupwise(reason: Reason) -> bytes:
    """GroupWise's internet agent."""
    body = f"The message that you sent was undeliverable to the following:\n\t{BOB} ({reason.line(BOB)})\n\nPossibly truncated original message follows:\n\n{ORIGINAL}"
    return plain(head("<Mailer-Daemon@gw.contact.example>", "Message status - undeliverable", return_path=""), body)


def mdaemon(reason: Reason) -> bytes:
    """MDaemon: a transcript of the session."""
    body = (
        "-- MESSAGE DELIVERY FAILED --\n\nThe attached message could not be delivered to the following recipient(s):\n\n"
        f"    {BOB}\n\n--- Session Transcript ---\n--> RCPT To:<{BOB}>\n<-- {reason.line(BOB)}\n--- End Transcript ---\n"
    )
    return plain(
        head("MDaemon at mx.example <MDaemon@mx.example>", "Permanent Delivery Failure", "X-MDaemon-Deliver-To: ann\n"),
        body,
    )


def ironport(reason: Reason) -> bytes:
    """Cisco's Email Security appliance."""
    line = reason.line(BOB)
    notice = (
        f"The following message to <{BOB}> was undeliverable.\nThe reason for the problem:\n5.1.0 - Unknown address error {reason.code}-'{line[4:]}'\n"
        if reason.hard
        else f"The following message to <{BOB}> was undeliverable.\nThe reason for the problem:\n5.3.0 - Other mail system problem {reason.code}-'{line[4:]}'\n"
    )
    return dsn(
        head("Mail Delivery System <MAILER-DAEMON@ironport.example>", "Delivery Status Notification (Failure)"),
        notice,
        reason,
        diagnostic=f"smtp; {reason.code}-'{line[4:]}' (delivery attempts: 0)",
    )


def ses(reason: Reason) -> bytes:
    """Amazon SES."""
    line = reason.line(BOB)
    notice = f"An error occurred while trying to deliver the mail to the following recipients:\n{BOB}\n"
    return dsn(
        head("MAILER-DAEMON@eu-west-1.amazonses.com", "Delivery Status Notification (Failure)"),
        notice,
        reason,
        diagnostic=f"smtp; {line}",
    )


def sendgrid(reason: Reason) -> bytes:
    """A relay that gives its notice in HTML only, and no fields."""
    body = (
        "<html><body><h2>Message not delivered</h2><p>Hello,</p><p>Your message could not be delivered to the following "
        f"recipient: <b>&lt;{BOB}&gt;</b></p><pre>{reason.line(BOB).replace('<', '&lt;').replace('>', '&gt;')}</pre>"
        f"<p>Message-ID: {OURS.replace('<', '&lt;').replace('>', '&gt;')}</p></body></html>"
    )
    return plain(
        head(
            "Mail Delivery System <noreply@relay.example>",
            "Message Delivery Failure",
            "Auto-Submitted: auto-generated\n",
        ),
        body,
        "base64",
        "html",
    )


def kundenserver(reason: Reason) -> bytes:
    """1&1 / IONOS in German and English."""
    body = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to\n"
        f"one or more of its recipients. This is a permanent error.\nThe following address(es) failed:\n\n{BOB}:\n"
        f"SMTP error from remote server for RCPT TO command, host: mx.contact.example (192.0.2.9) reason: {reason.line(BOB)}\n\n"
        f"--- The header of the original message is following. ---\n\n{_HEADERS}"
    )
    return plain(
        head(
            "Mail Delivery System <mailer-daemon@kundenserver.de>", "Mail delivery failed: returning message to sender"
        ),
        body,
    )


def tonline(reason: Reason) -> bytes:
    """T-Online in German."""
    notice = (
        "|------------------------- Nachrichtenprotokoll: -------------------------|\nIhre E-Mail konnte nicht zugestellt werden.\n\n"
        f"Empfängeradresse: {BOB}\nGrund: {reason.line(BOB)}\n"
    )
    return dsn(
        head("Mail Delivery System <Postmaster@t-online.de>", "Fehler bei der Zustellung Ihrer E-Mail"),
        notice,
        reason,
        diagnostic=f"smtp; {reason.line(BOB)}",
        encoding="quoted-printable",
    )


def orange(reason: Reason) -> bytes:
    """Orange in French."""
    body = (
        "Bonjour,\n\nVotre message n'a pas pu être remis au destinataire suivant :\n\n"
        f"<{BOB}>\n\nMotif : {reason.line(BOB)}\n\n--- Message d'origine ---\n\n{ORIGINAL}"
    )
    return plain(
        head("MAILER-DAEMON@orange.fr", "Message non distribué / Undelivered mail"),
        body,
        "quoted-printable",
        charset="iso-8859-15",
    )


def libero(reason: Reason) -> bytes:
    """Libero in Italian."""
    body = f"Gentile utente,\n\nnon è stato possibile recapitare il messaggio al seguente destinatario:\n\n{BOB}\n\nErrore: {reason.line(BOB)}\n\n---- Messaggio originale ----\n{ORIGINAL}"
    return plain(head("postmaster@libero.it", "Mancata consegna del messaggio"), body)


def mailru(reason: Reason) -> bytes:
    """Mail.Ru in Russian."""
    body = (
        "Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не может быть доставлено "
        f"одному или нескольким получателям:\n\n{BOB}\n  {reason.line(BOB)}\n\n**********************\n\nReturn-path: <{US}>\n{ORIGINAL}"
    )
    return plain(head("mailer-daemon@corp.mail.ru", "Mail failure.", f"X-Failed-Recipients: {BOB}\n"), body, "base64")


def qq(reason: Reason) -> bytes:
    """QQ in Chinese, in HTML and GB18030."""
    body = f"<html><body><div>很抱歉，您的邮件被退回来了……</div><p>无法发送到 <a>{BOB}</a></p><p>收件人邮件服务器返回：{reason.line(BOB)}</p></body></html>"
    return plain(head("PostMaster@qq.com", "系统退信/The email is returned"), body, "base64", "html", "gb18030")


def uol(reason: Reason) -> bytes:
    """UOL in Portuguese."""
    body = f"Sua mensagem não pode ser entregue aos seguintes destinatários:\n\n<{BOB}>: {reason.line(BOB)}\n\n--- Mensagem original ---\n\n{ORIGINAL}"
    return plain(head("MAILER-DAEMON@uol.com.br", "Mensagem não entregue"), body, "8bit", charset="iso-8859-1")


def no_fields(reason: Reason) -> bytes:
    """A report whose second part is missing: notice and original only."""
    notice = f"The following message could not be delivered.\n\nRecipient: {BOB}\nReason: {reason.line(BOB)}\n"
    return _bytes(
        f"{head('Mail Delivery System <mailer-daemon@mx.example>', 'Undeliverable mail')}Content-Type: multipart/report; "
        f"report-type=delivery-status; boundary=b1\n\n--b1\nContent-Type: text/plain\n\n{notice}\n--b1\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b1--\n"
    )


def broken_boundary(reason: Reason) -> bytes:
    """Postfix' report after a gateway rewrote the boundary in the header."""
    return postfix(reason).replace(b'boundary="=_B"', b'boundary="=_other"')


def wrong_charset(reason: Reason) -> bytes:
    """Postfix' report in a charset that does not exist."""
    return postfix(reason).replace(b"charset=utf-8", b"charset=x-unknown-8bit")


def encoded_fields(reason: Reason) -> bytes:
    """Fields in base64, which RFC 3464 does not allow."""
    fields = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {BOB}\nAction: failed\nStatus: {(reason.status or '5.0.0').lstrip('#')}\nDiagnostic-Code: smtp; {reason.line(BOB)}\n"
    return _bytes(
        f"{head('postmaster@mx.example', 'Delivery failure')}Content-Type: multipart/report; boundary=b2; report-type=delivery-status\n\n"
        f"--b2\nContent-Type: text/plain\n\nYour message could not be delivered.\n--b2\nContent-Type: message/delivery-status\n"
        f"Content-Transfer-Encoding: base64\n\n{_encoded(fields, 'base64')}\n--b2\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        f"{_encoded(ORIGINAL, 'base64')}\n--b2--\n"
    )


def nested(reason: Reason) -> bytes:
    """The notice twice, as text and HTML, in multiparts inside of the report."""
    line = reason.line(BOB)
    text = f"Delivery to {BOB} failed.\n{line}\n"
    return _bytes(
        f"{head('Mail Delivery <mailer-daemon@mx.example>', 'Returned mail: User error')}Content-Type: multipart/report; boundary=o; report-type=delivery-status\n\n"
        f"--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--i\nContent-Type: text/html\n\n"
        f"<p>{text}</p>\n--i--\n--o\nContent-Type: message/global-delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; {BOB}\nAction: failure\n"
        f"Status: {(reason.status or '5.0.0').lstrip('#')}\nDiagnostic-Code: smtp; {line}\n\n--o\nContent-Type: message/global-headers\n\n{_HEADERS}\n--o--\n"
    )


def human_sender(reason: Reason) -> bytes:
    """A report whose sender looks like a person; only the empty return path tells it."""
    body = f"Your message could not be delivered to the following recipient:\n\n{BOB}\n\n{reason.line(BOB)}\n\n-----Original Message-----\n{ORIGINAL}"
    return plain(head("Contact IT <helena.it@contact.example>", "Undeliverable: Idea"), body)


FORMS: tuple[Form, ...] = (
    postfix, exim, exim_report, qmail, sendmail, exchange_online, exchange_text, exchange_old, gmail, gmail_old, yahoo, domino,
    groupwise, mdaemon, ironport, ses, sendgrid, kundenserver, tonline, orange, libero, mailru, qq, uol, no_fields, broken_boundary,
    wrong_charset, encoded_fields, nested, human_sender,
)  # fmt: skip


def dsn_headers_only(top: str, notice: str, subtype: str) -> bytes:
    """A report without fields: the notice, and the header of the original."""
    return _bytes(
        f"{top}Content-Type: multipart/report; report-type=delivery-status; boundary=b3\n\n--b3\nContent-Type: text/{subtype}; "
        f"charset=utf-8\nContent-Transfer-Encoding: base64\n\n{_encoded(notice, 'base64')}\n--b3\nContent-Type: text/rfc822-headers\n\n"
        f"{_HEADERS}\n--b3--\n"
    )
