"""Contacts found by a few letters: beginnings of words of the name or company, of the address, and what is like them.

``idx_contacts_search`` (trigrams, extension pg_trgm) finds words and spelling mistakes, the unique index of addresses
their beginnings.
"""

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, literal, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Contact
from db.models.contacts import SEARCHED

MIN_SIMILAR = 4
"""Characters from which on spelling mistakes are looked for: in fewer nearly everything is like everything."""
SIMILARITY = 0.45
"""How much of the text's trigrams a contact's words must have (``word_similarity`` of pg_trgm)."""
_WORDS: ColumnElement[str] = literal_column(SEARCHED)
_BY_ADDRESS, _BY_WORDS = 4000, 2000


async def prepare(session: AsyncSession) -> None:
    """Set how much alike is alike enough, for this transaction; without it the threshold is the server's, 0.6."""
    await session.execute(select(func.set_config("pg_trgm.word_similarity_threshold", str(SIMILARITY), True)))


def found_by(q: str) -> ColumnElement[bool]:
    """The condition that a contact is found by the text, in any case."""
    found = [_has_words(q), _has_address(q)]
    if len(q.strip()) >= MIN_SIMILAR:
        found.append(literal(q.lower().strip()).op("<%", is_comparison=True)(_WORDS))
    return or_(*found)


def relevance(q: str) -> ColumnElement[int]:
    """How well a contact that was found fits: addresses that begin so first, then words, then what is like them."""
    kind = case((_has_address(q), _BY_ADDRESS), (_has_words(q), _BY_WORDS), else_=0)
    return kind + cast(func.round(1000 * func.word_similarity(q.lower().strip(), _WORDS)), Integer)


def _has_words(q: str) -> ColumnElement[bool]:
    """Each word of the text begins one of the contact's."""
    words = q.lower().split() or [""]
    return and_(*(_WORDS.contains(f" {word}", autoescape=True) for word in words))


def _has_address(q: str) -> ColumnElement[bool]:
    return Contact.email.startswith(q.lower().strip(), autoescape=True)
