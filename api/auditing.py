"""What a request did that must stay known, as an event of the audit trail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.dependencies import Context
from db import audit


async def record(ctx: Context, action: str, subject: str, subject_id: UUID | None, details: Mapping[str, Any]) -> None:
    """``db.audit.record`` by who asks, in the request's transaction: ``details`` hold no address and no name."""
    await audit.record(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        details=details,
        now=ctx.now,
    )
