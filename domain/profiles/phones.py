"""Phone numbers in one form, E.164 with an extension as `` ext. 5``: so that they can be called and compared.

What most files hold, an international number or a plain national one, is read by rules of ours that are the first
steps of libphonenumber's; whatever these do not decide goes through libphonenumber itself, which takes ten times as
long.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
    region_code_for_country_code,
)

from domain.profiles import countries

MAX_LENGTH = 50
"""Characters of a number, as wide as the column ``contacts.phone``."""

_SEPARATORS = str.maketrans("", "", " -./\u00a0\u2011\u2013()")
_TRUNK_IN_BRACKETS = "(0)"


def normalised(raw: str, country: str | None = None) -> str | None:
    """The number in E.164, such as ``+34600123456``, with an extension as ``+34911234567 ext. 5``.

    ``country`` (a code or a name, see ``countries.code``) is where a number without a country's prefix is dialled;
    one that begins with ``+`` or ``00`` needs none. None when it cannot be read as a number that may exist: its
    length is checked, not whether the range was given out.
    """
    text = raw.strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    region = countries.code(country)
    plain = text.translate(_SEPARATORS) if _TRUNK_IN_BRACKETS not in text else text
    return _international(plain) or _national(plain, region) or _parsed(text, region)


def _international(plain: str) -> str | None:
    """A number with its country's prefix and nothing else to be understood."""
    digits = plain[1:] if plain[0] == "+" else plain[2:] if plain[:2] == "00" else ""
    if not digits.isascii() or not digits.isdigit():
        return None
    for size in (1, 2, 3):
        plan = _plan_of_code(digits[:size])
        if plan is not None:
            return f"+{digits}" if plan.is_whole(digits[size:]) else None
    return None


def _national(plain: str, region: str | None) -> str | None:
    """A number as it is written in its country, with or without a trunk prefix such as 0."""
    plan = _plan_of_region(region) if region else None
    if plan is None or not plain.isascii() or not plain.isdigit():
        return None
    if plain.startswith(plan.code) or (plan.dialled_out and plan.dialled_out.match(plain)):
        return None
    if plan.is_whole(plain):
        return f"+{plan.code}{plain}"
    national = plain.removeprefix(plan.prefix)
    is_trunk = national != plain and len(national) in plan.lengths and plan.numbers.fullmatch(national)
    return f"+{plan.code}{national}" if is_trunk else None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbering plan of a country: its code, its numbers and their lengths, what may stand before them.

    ``prefix`` is the trunk prefix where taking it away is all that it asks for, else empty.
    """

    code: str
    numbers: re.Pattern[str]
    lengths: frozenset[int]
    trunk: re.Pattern[str] | None
    prefix: str
    dialled_out: re.Pattern[str] | None

    def is_whole(self, national: str) -> bool:
        """Whether this is a whole number of the plan from which no trunk prefix could be taken."""
        return len(national) in self.lengths and not (self.trunk and self.trunk.match(national))


@lru_cache(maxsize=2048)
def _plan_of_code(code: str) -> _Plan | None:
    """The plan of the country that a code belongs to first: the United States of 1, Russia of 7."""
    known = code.isdigit() and int(code) in COUNTRY_CODE_TO_REGION_CODE
    return _plan(_main_metadata(int(code))) if known else None


@lru_cache(maxsize=512)
def _plan_of_region(region: str) -> _Plan | None:
    return _plan(PhoneMetadata.metadata_for_region(region)) if region in SUPPORTED_REGIONS else None


def _main_metadata(code: int) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region_or_calling_code(code, region_code_for_country_code(code))


def _plan(metadata: PhoneMetadata | None) -> _Plan | None:
    if metadata is None or metadata.general_desc is None or metadata.country_code is None:
        return None
    # Countries that share a code share the lengths of its numbers.
    shared = _main_metadata(metadata.country_code) or metadata
    trunk = metadata.national_prefix_for_parsing
    is_plain = trunk == metadata.national_prefix and not metadata.national_prefix_transform_rule
    return _Plan(
        code=str(metadata.country_code),
        numbers=re.compile(metadata.general_desc.national_number_pattern or ""),
        lengths=frozenset((shared.general_desc.possible_length if shared.general_desc else None) or ()),
        trunk=re.compile(trunk) if trunk else None,
        prefix=trunk if trunk and is_plain else "",
        dialled_out=re.compile(metadata.international_prefix) if metadata.international_prefix else None,
    )


@lru_cache(maxsize=4096)
def _parsed(text: str, region: str | None) -> str | None:
    """What libphonenumber makes of a text."""
    for spelled in (text, "+" + text[2:]) if text.startswith("00") else (text,):
        try:
            number = parse(spelled, region)
        except NumberParseException:
            continue
        if is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
            extension = f" ext. {number.extension}" if number.extension else ""
            number.extension = None
            return format_number(number, PhoneNumberFormat.E164) + extension
    return None
