"""Composing a send: the step's templates filled for one contact, in the thread of the emails before it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.profiles.addresses import domain_of
from domain.sending.messages import Draft, bodies, is_html, message_id, reply_subject
from domain.sending.templates import render


def compose(
    *,
    id: UUID,
    contact: Mapping[str, Any],
    sender_name: str,
    sender_email: str,
    sequence_name: str,
    subject_template: str | None,
    body_template: str,
    thread_ids: tuple[str, ...],
    thread_subject: str | None,
    unsubscribe_url: str,
    unsubscribe_mailto: str,
    postal_address: str | None,
    date: datetime,
) -> Draft:
    """The draft of the send ``id``. ``thread_ids`` are the Message-IDs of the earlier emails, oldest first.

    A step with a subject of its own begins a new thread; one without goes on in the thread that there is.
    Raises ``MissingVariable`` and ``TemplateProblem``.
    """
    values = {
        "contact": contact,
        "sender": {"name": sender_name, "email": sender_email},
        "sequence": {"name": sequence_name},
        "unsubscribe_url": unsubscribe_url,
    }
    own_subject = (subject_template or "").strip()
    threaded = not own_subject and bool(thread_ids)
    html = is_html(body_template)
    text_body, html_body = bodies(render(body_template, values, html=html), html=html)
    return Draft(
        message_id=message_id(id, domain_of(sender_email)),
        from_name=sender_name,
        from_address=sender_email,
        to_address=contact["email"],
        to_name=contact.get("full_name"),
        subject=reply_subject(thread_subject or "") if threaded else render(own_subject, values),
        text=text_body,
        html=html_body,
        unsubscribe_url=unsubscribe_url,
        unsubscribe_mailto=unsubscribe_mailto,
        date=date,
        in_reply_to=thread_ids[-1] if threaded else None,
        references=thread_ids if threaded else (),
        postal_address=postal_address,
    )
