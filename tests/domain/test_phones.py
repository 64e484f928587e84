"""Phone numbers as people write them: one form, and never slow."""

import time
from itertools import product

import phonenumbers
import pytest

from domain.profiles import countries
from domain.profiles.phones import normalised

REGIONS = sorted(region for region in phonenumbers.SUPPORTED_REGIONS if countries.code(region) == region)


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        ("+34 600 123 456", None, "+34600123456"),
        ("0034 600-123-456", None, "+34600123456"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("+39 06 1234567", None, "+39061234567"),
        ("600123456", "Spain", "+34600123456"),
        ("34600123456", "ES", "+34600123456"),
        ("(415) 555-2671", "USA", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("011 34 600 123 456", "US", "+34600123456"),
        ("020 7946 0958", "UK", "+442079460958"),
        ("030 1234567", "Deutschland", "+49301234567"),
        ("8 (495) 123-45-67", "Россия", "+74951234567"),
        ("+34600123456", "Germany", "+34600123456"),
        ("tel: 415.555.2671 x123", "US", "+14155552671 ext. 123"),
        ("+1 415 555 2671 ext. 9", None, "+14155552671 ext. 9"),
        ("+1-800-FLOWERS", None, "+18003569377"),
        ("８００ ５５５ ０１００", "US", "+18005550100"),
        ("600123456", None, None),
        ("600123456", "Atlantis", None),
        ("555-2671", "US", None),
        ("+12", None, None),
        ("+", None, None),
        ("00", None, None),
        ("n/a", "US", None),
        ("+34 600 123 456 / +34 600 123 457 / +34 600 123 458", None, None),
        ("", "US", None),
        ("1" * 1000, "US", None),
    ],
)
def test_a_number_is_brought_into_one_form_or_told_to_be_none(
    raw: str, country: str | None, number: str | None
) -> None:
    assert normalised(raw, country) == number


def test_numbers_of_every_country_come_out_as_libphonenumber_has_them() -> None:
    for region, kind in product(
        REGIONS, (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    ):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        e164, international, national = (
            phonenumbers.format_number(number, style)
            for style in (
                phonenumbers.PhoneNumberFormat.E164,
                phonenumbers.PhoneNumberFormat.INTERNATIONAL,
                phonenumbers.PhoneNumberFormat.NATIONAL,
            )
        )
        assert normalised(e164) == normalised(international) == normalised(national, region) == e164


def test_the_short_way_answers_as_libphonenumber_does() -> None:
    for region, index in product(REGIONS, range(32)):
        code = phonenumbers.country_code_for_region(region)
        digits = str(pow(7, index + 3, 10**11) * 31)[: 5 + index % 8]
        for raw in (digits, "0" + digits, "8" + digits, f"+{code}{digits}", f"+{code}0{digits}"):
            assert normalised(raw, region) == by_libphonenumber(raw, region), (raw, region)


def by_libphonenumber(raw: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    is_possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_possible else None


@pytest.mark.parametrize(
    ("style", "country"), [("+34 6{:02d} {:06d}", None), ("(4{:02d}) 2{:06d}", "US"), ("0{:02d}3 {:06d}", "DE")]
)
def test_a_hundred_thousand_numbers_take_seconds(style: str, country: str | None) -> None:
    numbers = [style.format(10 + index % 70, index) for index in range(50_000)]
    begin = time.process_time()
    found = [normalised(number, country) for number in numbers]
    assert time.process_time() - begin < 2.5
    assert None not in found
