"""The few errors of the product, drawn as a tree; ``api/problems.py`` renders each as problem+json.

Callers branch on the class or on ``code``, never on the message. ``code`` is stable and belongs to clients.

    OpenDoorsError
    ├── NotFound          the thing does not exist for this customer            404
    ├── Conflict          it exists, but its state forbids what was asked       409
    ├── Outdated          it is no longer as the request has seen it            412
    ├── Invalid           what was sent is wrong; ``fields`` points at it       422
    └── Unauthorized      no valid API key                                      401
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in a body: a JSON Pointer (RFC 6901), a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


class OpenDoorsError(Exception):
    """Base of all: ``code`` such as ``sequence.not_found``, ``detail`` says what, where and how to mend it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class NotFound(OpenDoorsError):
    """No such row for this customer; a row of another customer answers the same."""

    def __init__(self, noun: str, id: object) -> None:
        super().__init__(f"{noun}.not_found", f"There is no {noun.replace('_', ' ')} with id {id}.")


class Conflict(OpenDoorsError):
    """The state of the thing forbids what was asked; ``detail`` names the state."""


class Outdated(OpenDoorsError):
    """The thing is no longer in a state that the request names (RFC 9110, 13.1.1)."""


class Invalid(OpenDoorsError):
    """The request is wrong; ``fields`` gives every wrong place that is known."""

    def __init__(self, code: str, detail: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(code, detail)
        self.fields = fields


class Unauthorized(OpenDoorsError):
    """The request carries no key, or one that is unknown or revoked."""
