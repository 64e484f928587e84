"""How complete a contact is, from 0 (an address alone) to 100."""

from collections.abc import Mapping
from typing import Any, Final

WEIGHTS: Final[Mapping[str, int]] = {
    "first_name": 8,
    "last_name": 8,
    "job_title": 12,
    "seniority": 8,
    "department": 8,
    "company_name": 12,
    "company_domain": 6,
    "company_size": 6,
    "industry": 6,
    "phone": 8,
    "linkedin_profile": 6,
    "website": 2,
    "country": 4,
    "state": 1,
    "city": 1,
    "email_verified": 4,
}
"""What each field is worth: who the person is 16, what they do 28, for whom 30, how they are reached 16, where 6, and
that the address is known to work 4. They make 100."""


def score(fields: Mapping[str, Any]) -> int:
    """The sum of the weights of the fields that say something: None, an empty text and False do not."""
    return sum(weight for name, weight in WEIGHTS.items() if says_something(fields.get(name)))


def says_something(value: object) -> bool:
    """Whether a field has a value that counts."""
    return value is not None and value is not False and value != ""
