"""Return addresses (RFC 5321 MAIL FROM) that say which send a delivery report speaks of."""

import re
from uuid import UUID

_TOKEN = re.compile(r"\+([0-9a-f]{32})@[^@]+$", re.IGNORECASE)


def return_path(bounce_address: str | None, mailbox: str, id: UUID) -> str:
    """The envelope's sender of the send ``id``: ``bounces+<id>@domain``, or the mailbox if it has none."""
    if bounce_address is None:
        return mailbox
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{id.hex}@{domain}"


def id_in(address: str) -> UUID | None:
    """The send whose return address this is; None for every other address."""
    found = _TOKEN.search(address.strip())
    return UUID(found[1]) if found else None
