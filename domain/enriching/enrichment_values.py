"""What providers answer, cleaned for the columns of a contact: what does not fit is left out, not cut."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from domain.enriching.enrichment import FIELDS
from domain.profiles import phones
from domain.scheduling.zones import zone

_LENGTHS: Final[Mapping[str, int]] = {
    "phone": phones.MAX_LENGTH,
    "linkedin_profile": 500,
    "twitter_profile": 500,
    "facebook_profile": 500,
    "website": 500,
    "country": 100,
    "state": 100,
    "city": 100,
    "postal_code": 20,
}
_LONGEST = 255


def cleaned(found: Mapping[str, Any], *, country: str | None = None) -> dict[str, Any]:
    """The fields that can be written, as JSON values: labels of enumerations, texts, true and false.

    ``country`` is where a phone number is dialled if ``found`` names none.
    """
    values = {name: _value(name, value) for name, value in found.items() if name in FIELDS}
    if isinstance(values.get("phone"), str):
        values["phone"] = phones.normalised(values["phone"], values.get("country") or country)
    return {name: value for name, value in values.items() if value is not None}


def _value(name: str, value: object) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if name == "email_verified":
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    is_plain = not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)
    is_short = 0 < len(text) <= _LENGTHS.get(name, _LONGEST)
    return _FORMS.get(name, _as_it_is)(text) if is_plain and is_short else None


def _as_it_is(text: str) -> str:
    return text


def _link(text: str) -> str | None:
    """A link as it is, with ``https://`` where there is no scheme; none that leads to something else than a page."""
    url = text if "://" in text else f"https://{text}"
    return url if _host(url) and len(url) <= 500 else None


def _domain(text: str) -> str | None:
    """The domain of a company from a domain or a link."""
    host = _host(text if "://" in text else f"https://{text}")
    return host.removeprefix("www.") if host else None


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    is_page = parts.scheme in {"http", "https"} and parts.username is None and " " not in url
    return host if is_page and re.fullmatch(r"[^\s.]+(\.[^\s.]+)+", host) else None


def _zone(text: str) -> str | None:
    return text if len(text) <= 50 and zone(text) is not None else None


_FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "timezone": _zone,
    "company_domain": _domain,
    **dict.fromkeys(("linkedin_profile", "twitter_profile", "facebook_profile", "website"), _link),
}
