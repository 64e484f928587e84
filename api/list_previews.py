"""Previews of dynamic lists: how many contacts a filter finds, and some of them."""

from pydantic import ConfigDict, Field
from sqlalchemy import func, select

from api.contact_bodies import ContactRead
from api.dependencies import Ctx
from api.filters import EXAMPLE_RULES, INVALID, FilterRules, in_time, matching
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read
from db.models import Contact

router = new_router("lists")

MAX_SAMPLE = 50


class ListPreview(Body):
    """The rules to try."""

    model_config = ConfigDict(json_schema_extra={"example": {"filter_rules": EXAMPLE_RULES, "sample": 5}})
    filter_rules: FilterRules
    sample: int = Field(default=10, ge=0, le=MAX_SAMPLE, description="How many of the contacts to show, at most")


class ListPreviewRead(Read):
    """Whom the rules find at this moment."""

    count: int = Field(examples=[1])
    sample: list[ContactRead] = Field(description="The newest of them")


@router.post("/api/lists/preview", summary="Count and show whom a filter finds", responses=problems(INVALID))
async def preview_list(body: ListPreview, ctx: Ctx) -> ListPreviewRead:
    """Nothing is stored. Suppressed and unsubscribed contacts are found, too: filters ask of contacts alone."""
    found = await matching(ctx, body.filter_rules, "/filter_rules")
    async with in_time(ctx, "/filter_rules"):
        count = await ctx.session.scalar(select(func.count()).select_from(Contact).where(found))
        newest = select(Contact).where(found).order_by(Contact.created_at.desc(), Contact.id.desc())
        sample = await ctx.session.scalars(newest.limit(body.sample)) if body.sample else ()
        return ListPreviewRead(count=count or 0, sample=[ContactRead.model_validate(one) for one in sample])
