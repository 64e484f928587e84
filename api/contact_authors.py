"""Who of a request works on contacts."""

from api.dependencies import Context
from db.contact_changes import Author


def author_of(ctx: Context) -> Author:
    """The caller, as the database's functions for contacts take it."""
    return Author(
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        hashes=ctx.settings.address_hashes,
    )
