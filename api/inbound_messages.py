"""What came in by mail: read, and reviewed where a person has to look at it."""

from datetime import date, datetime
from uuid import UUID

from fastapi import Response
from pydantic import Field

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read
from db import inbound_messages, inbound_reviews
from db.inbound_reviews import ReviewAction
from db.models import InboundMessage
from domain.incoming.inbound_matching import MatchedBy
from domain.vocabulary import InboundKind

router = new_router("inbound messages")

_MAIL = "message/rfc822"
_EXAMPLE = "From: bob@prospect.example\r\nTo: ann@customer.example\r\nSubject: Re: Hello\r\n\r\nYes, gladly."


class InboundMessageRead(Read):
    """A message that was read from a mailbox, and the send that it speaks of where one was found."""

    id: UUID
    kind: InboundKind = Field(
        description="`auto_reply` is no reply; `unparseable` could not be read, or recorded, or fetched"
    )
    email_account_id: UUID = Field(description="The mailbox that it came into")
    message_id: str | None = Field(
        examples=["<CAF9@mail.prospect.example>"],
        description="Its Message-ID; of a message without one `<SHA-256 of its bytes@sha256.digest>`",
    )
    received_at: datetime = Field(description="When it was read")
    from_address: str | None = Field(examples=["bob@prospect.example"])
    subject: str | None = Field(examples=["Re: Hello"])
    email_message_id: UUID | None = Field(description="The send, `/api/messages/{id}`")
    contact_id: UUID | None
    enrollment_id: UUID | None
    matched_by: MatchedBy | None = Field(description="How the send was found, the surest first")
    absent_until: date | None = Field(description="The last day away that an automatic answer names")
    needs_review: bool = Field(
        description="A person has to look at it: it asks to be left alone, is a complaint about nobody known, or could "
        "not be read"
    )
    reviewed_at: datetime | None
    reviewed_by: UUID | None


class InboundMessageDetail(InboundMessageRead):
    """A message with what its author wrote."""

    body_text: str | None = Field(
        examples=["Yes, gladly."], description="Without quotes and signature; the whole message is at `/raw`"
    )


class Review(Body):
    """What follows from a message."""

    action: ReviewAction = Field(
        examples=["unsubscribe"],
        description="`unsubscribe` the contact of its send; `suppress` the address that wrote and the one that was "
        "mailed, and leave the contact as it is; or `none`",
    )


@router.get("/api/inbound-messages", summary="List what came in")
async def list_inbound_messages(
    ctx: Ctx,
    page: PageQuery,
    kind: InboundKind | None = None,
    needs_review: bool | None = None,
    contact_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    sequence_id: UUID | None = None,
    email_account_id: UUID | None = None,
) -> Page[InboundMessageRead]:
    """The newest first, without their texts."""
    statement = inbound_messages.listing(
        customer_id=ctx.customer_id,
        kind=kind,
        needs_review=needs_review,
        contact_id=contact_id,
        enrollment_id=enrollment_id,
        sequence_id=sequence_id,
        email_account_id=email_account_id,
    )
    return Page.of(await paginate(ctx.session, statement, (InboundMessage.received_at, InboundMessage.id), page))


@router.get(
    "/api/inbound-messages/{id}",
    response_model=InboundMessageDetail,
    summary="Get a message that came in",
    responses=problems(404),
)
async def get_inbound_message(id: UUID, ctx: Ctx) -> InboundMessage:
    """With its text."""
    return await inbound_messages.get(ctx.session, customer_id=ctx.customer_id, id=id)


@router.get(
    "/api/inbound-messages/{id}/raw",
    summary="Download a message as it came",
    response_class=Response,
    responses={
        **problems(404),
        200: {"description": "Byte for byte (RFC 5322)", "content": {_MAIL: {"example": _EXAMPLE}}},
    },
)
async def download_inbound_message(id: UUID, ctx: Ctx) -> Response:
    """Of a message of more than 25 MB the first 10 MB; 404 `raw_message.not_found` where its server never gave it."""
    content = await inbound_messages.raw(ctx.session, customer_id=ctx.customer_id, id=id)
    # It is a stranger's: no browser is to show it, or to guess what it is.
    headers = {"Content-Disposition": f'attachment; filename="{id}.eml"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=_MAIL, headers=headers)


@router.post(
    "/api/inbound-messages/{id}/review",
    response_model=InboundMessageDetail,
    summary="Say what follows from a message",
    responses=problems(
        404, (409, "inbound_message.no_send", "This message answers no send, so nobody can be unsubscribed.")
    ),
)
async def review_inbound_message(id: UUID, body: Review, ctx: Ctx) -> InboundMessage:
    """It needs no review any more. From the answer on no send to whom it unsubscribes or suppresses is claimed."""
    return await inbound_reviews.review(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        id=id,
        action=body.action,
        now=ctx.now,
    )
