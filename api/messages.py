"""Messages: the ledger of sends, to read."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Read
from db import messages_listing, unknown_sends
from db.models import EmailMessage
from db.tenancy import require
from domain.vocabulary import EmailMessageStatus

router = new_router("messages")


class MessageRead(Read):
    """A send: one email of one step to one contact."""

    id: UUID
    status: EmailMessageStatus = Field(
        description="`sending` until the server's answer is recorded; `unknown` when nobody can tell whether it was "
        "taken: it is never sent again"
    )
    enrollment_id: UUID | None
    sequence_id: UUID | None
    sequence_step_id: UUID | None
    contact_id: UUID
    email_account_id: UUID
    message_id: str = Field(examples=["<0198c0de00007000.1@customer.example>"])
    provider_message_id: str | None = Field(description="What the provider put in place of `message_id`")
    in_reply_to: str | None
    to_address: str = Field(examples=["bob@prospect.example"])
    subject: str | None
    variant_id: str | None
    attempts: int = Field(examples=[1])
    claimed_at: datetime
    sending_at: datetime | None
    sent_at: datetime | None
    failed_at: datetime | None
    smtp_code: int | None = Field(examples=[250])
    smtp_response: str | None
    created_at: datetime
    opened_at: datetime | None = Field(description="The first open that counts")
    clicked_at: datetime | None = Field(description="The first click that counts")
    replied_at: datetime | None
    bounced_at: datetime | None
    settled_by: UUID | None = Field(description="Who decided what became of it while it was `unknown`")


class MessageDetail(MessageRead):
    """A send with its bodies as they went out."""

    body_text: str | None
    body_html: str | None


@router.get("/api/messages", summary="List sends")
async def list_messages(
    ctx: Ctx,
    page: PageQuery,
    status: EmailMessageStatus | None = None,
    sequence_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    contact_id: UUID | None = None,
    email_account_id: UUID | None = None,
) -> Page[MessageRead]:
    """The newest first, without their bodies."""
    statement = messages_listing.listing(
        customer_id=ctx.customer_id,
        status=status,
        sequence_id=sequence_id,
        enrollment_id=enrollment_id,
        contact_id=contact_id,
        email_account_id=email_account_id,
    )
    return Page.of(await paginate(ctx.session, statement, (EmailMessage.created_at, EmailMessage.id), page))


@router.get("/api/messages/{id}", response_model=MessageDetail, summary="Get a send", responses=problems(404))
async def get_message(id: UUID, ctx: Ctx) -> EmailMessage:
    """With its bodies."""
    return await require(ctx.session, EmailMessage, id, ctx.customer_id, "message")


_NOT_UNKNOWN = (409, "message.not_unknown", "What became of this send is known: it is sent.")
_GONE_ON = (409, "enrollment.gone_on", "The enrollment has done a later step since; consider this send sent.")


@router.post(
    "/api/messages/{id}/consider-sent",
    response_model=MessageDetail,
    summary="Decide that an unknown send went out",
    responses=problems(404, _NOT_UNKNOWN),
)
async def consider_message_sent(id: UUID, ctx: Ctx) -> EmailMessage:
    """Its counts move as if the server had said so."""
    await unknown_sends.consider_sent(
        ctx.session, customer_id=ctx.customer_id, message_id=id, user_id=ctx.user_id, now=ctx.now
    )
    return await require(ctx.session, EmailMessage, id, ctx.customer_id, "message")


@router.post(
    "/api/messages/{id}/resend",
    response_model=MessageDetail,
    summary="Send an unknown send again",
    responses=problems(404, _GONE_ON),
)
async def resend_message(id: UUID, ctx: Ctx) -> EmailMessage:
    """The step is done again in the next free slot, with the same `message_id`, so that a recipient who has it already
    sees it once. Refused where the enrollment has done a later step or was ended by something else than its last."""
    await unknown_sends.resend(
        ctx.session, customer_id=ctx.customer_id, message_id=id, user_id=ctx.user_id, now=ctx.now
    )
    return await require(ctx.session, EmailMessage, id, ctx.customer_id, "message")
