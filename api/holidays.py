"""Holidays in bodies: the country whose public holidays are kept, and days of one's own."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from db.public_holidays import require_known


def _known(country: str) -> str:
    require_known(country)
    return country


def _once_each(days: list[date]) -> list[date]:
    return sorted(set(days))


Country = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$"), AfterValidator(_known)]
"""A country whose public holidays are known, as ISO 3166-1 alpha-2."""
HolidayDates = Annotated[list[date], Field(max_length=1000), AfterValidator(_once_each)]
"""Days on which nothing is sent, kept in order and once each."""
