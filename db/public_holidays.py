"""Public holidays of countries, as the ``holidays`` library knows them.

Those of the whole country and of none of its regions alone, days off in lieu included: a holiday on a Saturday that is
observed on the Friday before is two dates. Half-days and holidays of banks or schools alone do not count. Some
countries proclaim theirs year by year, so that far years may lack dates until the library is renewed.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache

# The library takes a quarter of a second to import, so that only those import it who ask for holidays.


@cache
def known_countries() -> frozenset[str]:
    """The countries whose holidays are known, as ISO 3166-1 alpha-2 codes in capitals."""
    from holidays import list_supported_countries

    return frozenset(list_supported_countries(include_aliases=False))


def require_known(country: str) -> None:
    """Raise ``ValueError``, which says how to mend it, for a country whose holidays are not known."""
    if country not in known_countries():
        raise ValueError(
            f"the public holidays of {country!r} are not known; give a country by its two letters of ISO 3166-1, "
            "such as GB, or its days as holiday_dates"
        )


def public_holidays(country: str, years: Iterable[int]) -> frozenset[date]:
    """The public holidays of ``country`` (ISO 3166-1 alpha-2, in capitals) that lie in ``years``.

    Raises ``ValueError`` for a country whose holidays are not known.
    """
    require_known(country)
    return frozenset(day for year in years for day in _of_year(country, year))


@lru_cache(maxsize=4096)
def _of_year(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(day for day in country_holidays(country, years=year, observed=True) if day.year == year)
