"""The email of a send, from what the database says of it: composed, made to tell of opens and clicks, and signed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from activities.dkim import DkimKey, signed
from activities.resources import Resources
from activities.smtp_session import SmtpLogin
from activities.tracked_links import TrackedLinks
from db import messages
from domain.enrollments import StepRun
from domain.sending import composing
from domain.sending.messages import Draft, build
from domain.sending.return_paths import return_path
from domain.tokens import sign
from domain.tracking import tracking
from domain.vocabulary import ConnectionSecurity, MailboxAuth


@dataclass(frozen=True, slots=True)
class Envelope:
    """A claimed send, ready for SMTP; ``attempts`` counts its claims, this one included.

    ``by_token``: its mailbox logs in with an access token (XOAUTH2), which is got right before.
    """

    id: UUID
    token: UUID
    login: SmtpLogin
    by_token: bool
    account_id: UUID
    sender: str
    recipient: str
    message: bytes
    message_id: str
    first_claimed_at: datetime
    attempts: int


class Letters:
    """Writes emails; ``context`` is the row of ``messages.context``."""

    def __init__(self, resources: Resources, links: TrackedLinks) -> None:
        self._resources = resources
        self._links = links
        self._keys = resources.settings.require_secret_key()

    def draft(self, run: StepRun, context: Row[Any], now: datetime) -> Draft:
        """The email. Raises ``MissingVariable``, ``TemplateProblem`` and ``UnknownLinks``."""
        id = messages.claim_id(run.enrollment_id, run.step_id)
        base_url = self._resources.settings.public_url
        token = sign(self._keys, "unsubscribe", id)
        draft = composing.compose(
            id=id,
            contact=context.contact,
            sender_name=context.from_name or "",
            sender_email=context.sender_email,
            sequence_name=context.sequence_name,
            subject_template=context.subject_template,
            body_template=context.body_template or "",
            thread_ids=tuple(context.thread_ids or ()),
            thread_subject=context.thread_subject,
            unsubscribe_url=f"{base_url}/u/{token}",
            unsubscribe_mailto=f"{context.sender_email}?subject=unsubscribe%20{token}",
            postal_address=context.postal_address,
            date=now,
        )
        return replace(draft, html=self._tracked(draft.html or "", id, context))

    def envelope(self, run: StepRun, context: Row[Any], draft: Draft, now: datetime) -> Envelope:
        """The draft as it goes out."""
        id = messages.claim_id(run.enrollment_id, run.step_id)
        return Envelope(
            id=id,
            token=uuid4(),
            login=SmtpLogin(
                host=context.smtp_host,
                port=context.smtp_port,
                security=ConnectionSecurity(context.smtp_security),
                username=context.smtp_username,
                password=self._opened(context.smtp_password_encrypted),
            ),
            by_token=context.auth_method == MailboxAuth.XOAUTH2,
            account_id=context.account_id,
            sender=return_path(context.bounce_address, context.sender_email, id),
            recipient=draft.to_address,
            message=self._signed(build(draft), context),
            message_id=draft.message_id,
            first_claimed_at=context.first_claimed_at or now,
            attempts=(context.attempts or 0) + 1,
        )

    def _tracked(self, html: str, id: UUID, context: Row[Any]) -> str:
        base_url = self._resources.settings.public_url
        urls = tracking.links(html, base_url=base_url) if context.track_clicks else []
        return tracking.tracked_html(
            html,
            base_url=base_url,
            keys=self._keys,
            message_id=id,
            link_ids=self._links.ids(context.customer_id, urls),
            opens=context.track_opens,
            clicks=context.track_clicks,
        )

    def _signed(self, message: bytes, context: Row[Any]) -> bytes:
        pem = self._opened(context.dkim_private_key_encrypted)
        if pem is None:
            return message
        return signed(message, DkimKey(context.dkim_domain, context.dkim_selector, pem.encode()))

    def _opened(self, sealed: bytes | None) -> str | None:
        return self._resources.secrets.decrypt(sealed) if sealed else None
