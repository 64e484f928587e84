"""Public holidays: real ones of real years, days off in lieu included."""

from datetime import date

import pytest

from db.public_holidays import known_countries, public_holidays


@pytest.mark.parametrize(
    ("country", "days"),
    [
        ("DE", [date(2026, 5, 14), date(2026, 12, 25), date(2026, 12, 26)]),
        ("ES", [date(2026, 10, 12)]),
        ("FR", [date(2026, 7, 14)]),
        ("JP", [date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23)]),
    ],
)
def test_the_holidays_of_a_country_are_known(country: str, days: list[date]) -> None:
    assert public_holidays(country, [2026]).issuperset(days)


def test_a_holiday_on_a_weekend_is_also_the_day_off_in_lieu() -> None:
    """Independence Day 2026 is a Saturday; Christmas Day 2027 is a Saturday and Boxing Day a Sunday."""
    assert public_holidays("US", [2026]) >= {date(2026, 7, 3), date(2026, 7, 4)}
    assert public_holidays("GB", [2027]) >= {date(2027, 12, day) for day in (25, 26, 27, 28)}


def test_a_day_off_in_lieu_belongs_to_the_year_in_which_it_lies() -> None:
    """New Year's Day 2022 was a Saturday, observed on the Friday before."""
    assert date(2021, 12, 31) in public_holidays("US", [2021])
    assert public_holidays("US", [2021, 2022]) == public_holidays("US", [2021]) | public_holidays("US", [2022])
    assert {day.year for day in public_holidays("US", [2022])} == {2022}


def test_a_holiday_of_a_region_is_none_of_the_country() -> None:
    assert date(2026, 1, 6) not in public_holidays("DE", [2026]), "Epiphany is one of three states alone"
    assert date(2026, 4, 6) not in public_holidays("GB", [2026]), "Easter Monday is none in Scotland"


def test_an_ordinary_day_and_no_year_are_no_holidays() -> None:
    assert date(2026, 11, 23) not in public_holidays("DE", [2025, 2026, 2027])
    assert public_holidays("DE", []) == frozenset()


@pytest.mark.parametrize("country", ["XX", "DEU", "de", "", "UK"])
def test_a_country_that_is_not_known_says_what_to_give_instead(country: str) -> None:
    assert country not in known_countries()
    with pytest.raises(ValueError, match="such as GB, or its days as holiday_dates"):
        public_holidays(country, [])


def test_every_known_country_has_an_answer_for_the_years_that_are_planned() -> None:
    assert {"DE", "ES", "GB", "IN", "JP", "US", "ZA"} <= known_countries()
    for country in known_countries():
        assert all(day.year in (2026, 2027) for day in public_holidays(country, (2026, 2027)))
