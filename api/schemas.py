"""Bases of the models that the endpoints read and answer, and the types of fields that many of them share."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from domain.profiles.addresses import AddressProblem, normalise
from domain.scheduling.zones import zone

MAX_JSON_DEPTH = 16
MAX_JSON_NODES = 2_000
MAX_JSON_CHARACTERS = 100_000


class Body(BaseModel):
    """What a client sends: an unknown field is an error, texts lose the blanks around them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Read(BaseModel):
    """What a client gets, read from a row."""

    model_config = ConfigDict(from_attributes=True)


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain the character U+0000, which Postgres cannot keep")
    return value


def _address(value: str) -> str:
    try:
        return normalise(value)
    except AddressProblem as problem:
        raise ValueError(str(problem)) from None


def _timezone(value: str) -> str:
    if zone(value) is None:
        raise ValueError(f"{value!r} is not an IANA time zone, such as Europe/Madrid")
    return value


def _bounded_json(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what would hold a worker or what JSONB cannot keep; raises ``ValueError``."""
    nodes = characters = 0
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        nodes += 1
        if depth > MAX_JSON_DEPTH:
            raise ValueError(f"must not nest deeper than {MAX_JSON_DEPTH}")
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif isinstance(one, list):
            waiting += [(part, depth + 1) for part in one]
        elif isinstance(one, str):
            characters += len(_storable(one))
        elif isinstance(one, float) and one - one != 0:
            raise ValueError("must not contain NaN or Infinity")
        if nodes > MAX_JSON_NODES or characters > MAX_JSON_CHARACTERS:
            raise ValueError(f"must hold at most {MAX_JSON_NODES} values and {MAX_JSON_CHARACTERS} characters")
    return value


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain half of a surrogate pair") from None
    return _no_nul(text)


Text = Annotated[str, AfterValidator(_no_nul)]
"""A text that Postgres can keep."""
ShortText = Annotated[Text, StringConstraints(max_length=255)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=255)]
"""A text that is not empty, as wide as the columns for names."""
LongText = Annotated[Text, StringConstraints(max_length=20_000)]
Address = Annotated[Text, StringConstraints(max_length=320), AfterValidator(_address)]
"""An email address, normalised."""
Timezone = Annotated[Text, StringConstraints(max_length=50), AfterValidator(_timezone)]
"""An IANA name, such as Europe/Madrid."""
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
"""A hex colour, such as #3366cc."""
JsonObject = Annotated[
    dict[str, Any], AfterValidator(_bounded_json), Field(description="A JSON object of bounded size")
]
