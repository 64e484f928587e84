"""The workspace that a key belongs to, and the settings that its sequences share."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from api.dependencies import Ctx
from api.holidays import Country, HolidayDates
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, LongText, Name, Read, Timezone
from api.updates import UNSENT, partial, sent
from db import workspaces

router = new_router("workspace")

Domain = Annotated[
    str,
    StringConstraints(to_lower=True, max_length=253, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
]
Cap = Annotated[int, Field(ge=1, le=1_000_000)]


class WorkspaceChange(Body):
    """The settings to write; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=partial({"postal_address": "Acme Ltd, 1 Main Street, Madrid"}))

    name: Name = UNSENT
    postal_address: LongText | None = Field(
        default=None, examples=["Acme Ltd, 1 Main Street, Madrid"], description="Stands in every email"
    )
    timezone: Timezone = Field(
        default="UTC",
        examples=["Europe/Madrid"],
        description="IANA name of the zone whose calendar days the mailboxes' `daily_limit`, ramp-up and days away, "
        "and the two caps here, go by",
    )
    recipient_domain_daily_cap: Cap | None = Field(
        default=None,
        examples=[50],
        description="The most emails that all mailboxes together send to one recipient domain on a calendar day of "
        "`timezone`; what is more waits for a later day. Null: no cap",
    )
    contact_daily_cap: Cap | None = Field(
        default=None,
        examples=[1],
        description="The most emails that one contact gets on a calendar day of `timezone`, from all sequences "
        "together; what is more waits for a later day. Null: no cap",
    )
    out_of_office_days: int = Field(
        default=7, ge=1, le=365, description="Days that an auto-reply which names no date pauses an enrollment"
    )
    same_company_stop: bool = Field(default=False, description="Whether a reply stops all of the same company")
    holiday_country: Country | None = Field(
        default=None,
        examples=["ES"],
        description="ISO 3166-1 alpha-2 of the country on whose public holidays, days off in lieu included, no "
        "sequence sends. A holiday is a date in the zone of the step",
    )
    holiday_dates: HolidayDates = Field(
        default=[],
        examples=[["2026-12-24"]],
        description="Dates, in the zone of the step, on which no sequence sends; they add to the country's",
    )
    free_mail_domains: list[Domain] = Field(
        default=[],
        max_length=10_000,
        examples=[["gmail.com"]],
        description="Domains, beside those known as such, that are no company",
    )
    soft_bounce_limit: int = Field(
        default=3,
        ge=0,
        le=100,
        description="After so many soft bounces in a row, without an open, click or reply of a person in between, the "
        "address is suppressed for `soft_bounce_days`. 0: never",
    )
    soft_bounce_days: int = Field(default=30, ge=1, le=3650, description="For how long that suppresses it")


class WorkspaceRead(Read):
    """The workspace and its settings."""

    id: UUID
    customer_id: UUID
    name: str = Field(examples=["Sales"])
    timezone: str = Field(examples=["Europe/Madrid"])
    postal_address: str | None = Field(examples=["Acme Ltd, 1 Main Street, Madrid"])
    recipient_domain_daily_cap: int | None = Field(examples=[50])
    contact_daily_cap: int | None = Field(examples=[1])
    out_of_office_days: int = Field(examples=[7])
    same_company_stop: bool
    holiday_country: str | None = Field(examples=["ES"])
    holiday_dates: list[date] = Field(examples=[["2026-12-24"]])
    free_mail_domains: list[str] = Field(examples=[["gmail.com"]])
    soft_bounce_limit: int = Field(examples=[3])
    soft_bounce_days: int = Field(examples=[30])
    created_at: datetime
    updated_at: datetime


@router.get("/api/workspace", summary="Read the workspace of the key")
async def read_workspace(ctx: Ctx) -> WorkspaceRead:
    return WorkspaceRead.model_validate(
        await workspaces.get(ctx.session, customer_id=ctx.customer_id, workspace_id=ctx.workspace_id)
    )


@router.patch(
    "/api/workspace",
    summary="Change settings of the workspace",
    responses=problems(409),
)
async def change_workspace(body: WorkspaceChange, ctx: Ctx) -> WorkspaceRead:
    """Writes the fields that are sent. A name that another workspace of the customer has is a 409."""
    changed = await workspaces.change(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        fields=sent(body),
        now=ctx.now,
    )
    return WorkspaceRead.model_validate(changed)
