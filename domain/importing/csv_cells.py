"""Cells of a CSV that spreadsheets will open, for ``defusedcsv``, which keeps them from running formulas."""

import json
import re
from datetime import datetime
from numbers import Number
from typing import Any

_PHONE = re.compile(r"\+\d{4,15}(?: ext\. \d{1,10})?")
"""E.164 with our form of an extension: it begins with + and is no formula."""
_STRIPPED = ("\t", "\r", "\n")
"""What some programs take from the front of a cell before they look whether it is a formula; defusedcsv does not."""


class Phone:
    """A phone number in our own form, which goes into the file as it is."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


# defusedcsv puts an apostrophe before everything that begins with + and is no number.
Number.register(Phone)


def cell(value: Any) -> str | Phone:
    """The value as a cell: instants in ISO 8601, objects and lists as JSON, None empty."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    if _PHONE.fullmatch(text):
        return Phone(text)
    return f"'{text}" if text.startswith(_STRIPPED) else text
