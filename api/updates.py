"""Bodies of partial updates: a field that is left out keeps its value, whatever its default in the model."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

UNSENT: Any = None
"""The default of a field that has none: it is never written, and an explicit null stays an error."""


def partial(example: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """``json_schema_extra`` of such a body: no field is required, none has a default, and ``example`` is shown."""

    def amend(schema: dict[str, Any]) -> None:
        for field in schema["properties"].values():
            field.pop("default", None)
        schema["example"] = example

    return amend


def sent(body: BaseModel) -> dict[str, Any]:
    """The fields that the client sent, with their values."""
    return body.model_dump(exclude_unset=True)
