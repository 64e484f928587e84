"""Bounces: whether a mail is a report of a mail server that did not deliver another, and what it reports."""

from email.message import Message

from domain.incoming.bounce_reasons import is_gone, status_in
from domain.incoming.bounce_report import BounceReport
from domain.incoming.bounce_signs import Signs, signs_of
from domain.incoming.bounce_words import speaks_of_departure, speaks_of_something_else
from domain.incoming.delivery_reports import delivery_status
from domain.incoming.free_form_bounces import evidence, free_form, named, told
from domain.incoming.mail_parts import blocks, header, null_return_path, own_parts, text_content
from domain.incoming.notice_words import reads_as_letter, reads_as_list_refusal, reads_as_notice
from domain.incoming.original_mails import original_message_id, text_before_original, written_recipients

__all__ = [
    "BounceReport",
    "blocks",
    "bounce_of",
    "delivery_status",
    "free_form",
    "header",
    "is_gone",
    "null_return_path",
    "original_message_id",
    "own_parts",
    "speaks_of_something_else",
    "status_in",
    "text_before_original",
    "text_content",
]


def bounce_of(message: Message) -> BounceReport | None:
    """The delivery report that a mail is: by RFC 3464, else in a free form; None if it is none.

    In doubt it is none: a person's mail about a bounce must never be taken for one.
    """
    signs = signs_of(message)
    if _is_receipt(message) and not (signs.daemon and signs.subject):
        return None
    if _is_report(message, signs):
        report = delivery_status(message)
        if report and report.recipients:
            return report
    return told(message) if _is_notice(message, signs) else None


def _is_receipt(message: Message) -> bool:
    """Whether it says that a mail was read (RFC 8098). Filters that refuse a mail write the same kind (RFC 5429)."""
    return any(part.get_content_type() == "message/disposition-notification" for part in own_parts(message))


def _is_report(message: Message, signs: Signs) -> bool:
    """Whether a standard report in it is its own, rather than one that somebody sends on."""
    if signs.machine:
        return True
    return not signs.answers and (signs.office or message.get_content_type() == "multipart/report")


def _is_notice(message: Message, signs: Signs) -> bool:
    if signs.program and not signs.envelope:
        return False
    notice = text_before_original(message)
    if _is_list_refusal(message, signs, notice):
        return True
    if signs.list_mail and not signs.daemon:
        return False
    if signs.daemon and (signs.envelope or not signs.answers):
        return signs.subject or reads_as_notice(notice) or evidence(message)
    if signs.answers:  # Some servers title their notices as answers; no person's mail says that it is automatic.
        return signs.server and signs.automatic and reads_as_notice(notice) and evidence(message)
    if signs.envelope and signs.server and _is_servers_notice(message, signs, notice):
        return True
    if not reads_as_notice(notice) or not evidence(message):
        return False
    if signs.automatic or (signs.envelope and signs.server):
        return signs.subject or signs.office
    if signs.envelope:
        # Some servers leave people's mail without a return path too, so that alone vouches for no one.
        impersonal = signs.office or (signs.subject and (signs.role or bool(written_recipients(message))))
        return impersonal and not reads_as_letter(notice)
    from_a_person = signs.own_path or message.get("In-Reply-To") is not None or reads_as_letter(notice)
    return signs.office and signs.subject and not from_a_person


def _is_servers_notice(message: Message, signs: Signs, notice: str) -> bool:
    """Whether a machine's mail from a mail server's own address says that a mail was not delivered.

    The title is enough, unless the postmaster seems to have written a letter. That somebody has left is a bounce when
    a mail server says so, since nobody will read there again; from a person's own mailbox it is an automatic answer.
    """
    if speaks_of_departure(notice):
        return True
    if signs.subject and not reads_as_letter(notice):
        return True
    return reads_as_notice(notice) and bool(named(message, notice))


def _is_list_refusal(message: Message, signs: Signs, notice: str) -> bool:
    """Whether the program that keeps a mailing list says that it does not take a mail."""
    program = message.get("X-List-Administrivia") is not None or (signs.list_manager and signs.envelope)
    return program and not signs.answers and reads_as_list_refusal(header(message, "Subject"), notice)
