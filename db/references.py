"""References that a body makes to other rows: each must exist and belong to the same customer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactList, EmailAccount, SequenceFolder, User
from domain.errors import FieldError, Invalid

Owned = type[ContactList] | type[EmailAccount] | type[SequenceFolder] | type[User]

_MODELS: Mapping[str, Owned] = {
    "owner_id": User,
    "task_assignee_id": User,
    "folder_id": SequenceFolder,
    "default_email_account_id": EmailAccount,
    "email_account_id": EmailAccount,
    "email_account_ids": EmailAccount,
    "list_id": ContactList,
}
"""What each field of a body refers to; one in the plural holds a list."""


async def check(session: AsyncSession, *, customer_id: UUID, fields: Mapping[str, Any]) -> None:
    """Raise ``Invalid`` ``reference.not_found`` unless all that ``fields`` refer to is the customer's own."""
    wrong = await problems(session, customer_id=customer_id, fields=fields)
    if wrong:
        raise Invalid("reference.not_found", "The body refers to something that does not exist.", tuple(wrong))


async def problems(session: AsyncSession, *, customer_id: UUID, fields: Mapping[str, Any]) -> list[FieldError]:
    """A problem for each id that is none of the customer's; pointers are into ``fields``.

    What is found stays locked against deletion until the transaction ends.
    """
    wrong = []
    for name, model in _MODELS.items():
        named = dict(_ids(name, fields.get(name)))
        if not named:
            continue
        owned = select(model.id).where(model.id.in_(named.values()), model.customer_id == customer_id)
        found = set(await session.scalars(owned.order_by(model.id).with_for_update(read=True, key_share=True)))
        for pointer, id in named.items():
            if id not in found:
                wrong.append(FieldError(pointer, "not_found", f"There is no such {_noun(name)}: {id}."))
    return wrong


def _ids(name: str, value: UUID | Sequence[UUID] | None) -> Iterator[tuple[str, UUID]]:
    """The ids of a field, each with the pointer to it."""
    if isinstance(value, UUID):
        yield f"/{name}", value
    elif value is not None:
        yield from ((f"/{name}/{index}", id) for index, id in enumerate(value))


def _noun(name: str) -> str:
    return {"owner_id": "user", "task_assignee_id": "user"}.get(
        name, name.removesuffix("s").removesuffix("_id").removeprefix("default_").replace("_", " ")
    )
