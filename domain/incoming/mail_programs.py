"""Programs that people write mail with, by the name that they leave in ``User-Agent`` or ``X-Mailer``."""

import re
from email.message import Message

from domain.incoming.mail_parts import header

_PROGRAMS = re.compile(
    r"thunderbird|microsoft outlook \d|outlook express|apple mail|(?:iphone|ipad) mail|mutt|al?pine\b|gnus|evolution"
    r"|kmail|kontact|the bat|claws|sylpheed|roundcube|squirrelmail|rainloop|snappymail|foxmail|em ?client"
    r"|mailbird|postbox|airmail|spark|k-?9|fairemail|aquamail|bluemail|seamonkey|eudora|pegasus|samsung",
    re.IGNORECASE,
)
_SUITES = re.compile(r"outlook|notes|domino|groupwise|zimbra|sogo|open-xchange|horde|webmail", re.IGNORECASE)
"""Servers of these names write notices of their own, too."""
_LONGEST = 300


def names_program(message: Message, *, suites: bool = False) -> bool:
    """Whether a mail names a program that only people use, or one of the ``suites`` that people use among others."""
    named = [header(message, name)[:_LONGEST] for name in ("User-Agent", "X-Mailer")]
    return any(_PROGRAMS.search(name) or (suites and _SUITES.search(name)) for name in named)
