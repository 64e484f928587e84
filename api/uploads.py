"""Bodies of bulk requests, which are JSON or a CSV file as their content type says."""

import codecs
from email.message import Message
from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from api.problems import pointer
from domain.errors import Invalid

_SHOWN_PROBLEMS = 5
ModelT = TypeVar("ModelT", bound=BaseModel)


def is_csv(headers: Headers) -> bool:
    """Whether a body is ``text/csv``, not ``application/json``; everything else is answered with 415."""
    kind = _content_type(headers).get_content_type()
    if kind not in {"application/json", "text/csv"}:
        raise HTTPException(415, "The body must be application/json or text/csv.")
    return kind == "text/csv"


def text_of(headers: Headers, body: bytes) -> str:
    """The text of a file in the ``charset`` of its content type, UTF-8 by default. Raises ``Invalid``."""
    charset = _content_type(headers).get_content_charset() or "utf-8"
    try:
        return body.decode(codecs.lookup(charset).name)
    except (LookupError, ValueError):
        told = f"The file is not text in {charset.upper()}; name its charset in Content-Type."
        raise Invalid("csv.encoding", told) from None


def parsed(model: type[ModelT], body: bytes) -> ModelT:
    """The JSON body; raises what FastAPI itself raises for a wrong one."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([one | {"loc": ("body", *one["loc"])} for one in wrong]) from None


def reason_of(error: ValidationError, noun: str) -> str:
    """What is wrong with one of the body's things, in a line for a person; ``noun`` names such things."""
    wrong = error.errors(include_url=False, include_input=False)
    told = []
    for one in wrong[:_SHOWN_PROBLEMS]:
        sentences = {"missing": "is required", "extra_forbidden": f"is not a field of {noun}"}
        sentence = sentences.get(one["type"], one["msg"].removeprefix("Value error, "))
        told.append(f"{pointer(one['loc'])[1:]}: {sentence}".removeprefix(": "))
    return "; ".join(told)


def _content_type(headers: Headers) -> Message:
    content_type = Message()
    content_type["content-type"] = headers.get("content-type", "")
    return content_type
