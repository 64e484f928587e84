"""In which time zone a contact lives, by country, state and city; no answer rather than a guess.

A country whose clocks all show the same, now and in the years to come, is its own answer (``zone.tab`` of the pinned
tzdata); where they differ the state decides, then the city. A state that is split has the zone of most of its people
unless the city is known to be in the other part.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from importlib import resources

from babel import Locale

from domain.incoming.folding import folded
from domain.profiles import countries
from domain.profiles.zone_cities import LARGE, SPLIT_STATES
from domain.profiles.zone_states import MAINLAND, STATES
from domain.scheduling.zones import DAY, day_number, zone

_FROM = day_number(date(2026, 1, 1)) * DAY
_COMPARED = range(_FROM, _FROM + 3 * 366 * DAY, 7 * DAY)
"""The instants, week by week, at which the clocks of two zones must show the same for them to be one."""
_BESIDE_NAMES = frozenset(
    {"state", "province", "territory", "region", "republic", "of", "the", "estado", "de", "provincia", "provinsi"}
    | {"oblast", "krai", "область", "обл", "край", "республика", "автономный", "автономная", "округ", "ао"}
)
"""Words that people write beside a state's name."""


@lru_cache(maxsize=65_536)
def derive(country: str | None, state: str | None = None, city: str | None = None) -> str | None:
    """The IANA zone of a place as people write it: country and state by code or name, city by name.

    None without a country that is known, and where it keeps several times and neither state nor city tells which.
    """
    code = countries.code(country)
    if code is None:
        return None
    only = _only_zone(code)
    if only is not None:
        return only
    place = _plain(city or "")
    known = _states(code).get(_plain(state or "")) or _states(code).get(_bare(state or ""))
    if known is not None:
        state_code, state_zone = known
        return _split_cities(code).get((state_code, place), state_zone)
    return _cities(code).get(place) or MAINLAND.get(code)


def _plain(name: str) -> str:
    return " ".join(folded(name).replace("-", " ").replace(".", "").split())


def _bare(state: str) -> str:
    """The name without the words that say that it is a state's."""
    return " ".join(word for word in _plain(state).split() if word not in _BESIDE_NAMES)


@cache
def _only_zone(country: str) -> str | None:
    """The zone of a country in which all clocks show the same; that of most people if it has several names."""
    names = _zones_of_countries().get(country, ())
    clocks = {tuple(found.local(t) for t in _COMPARED) for found in map(zone, names) if found is not None}
    return names[0] if len(clocks) == 1 else None


@cache
def _zones_of_countries() -> Mapping[str, Sequence[str]]:
    """The zones of each country as tzdata lists them, ``zone.tab``: country, coordinates, zone, comments."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[str]] = defaultdict(list)
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, name, *_ = line.split("\t")
            zones[country].append(name)
    return zones


@cache
def _states(country: str) -> Mapping[str, tuple[str, str]]:
    """Every spelling of the states of a country: its code and its zone."""
    return {
        _plain(name): (names[0], zone_name)
        for zone_name, listed in STATES.get(country, {}).items()
        for names in _listed(listed)
        for name in names
    }


@cache
def _split_cities(country: str) -> Mapping[tuple[str, str], str]:
    """The zone of each city, by the code of its state, that differs from that of most of the state."""
    return {
        (state, _plain(name)): zone_name
        for (state, zone_name), listed in SPLIT_STATES.get(country, {}).items()
        for names in _listed(listed)
        for name in names
    }


@cache
def _cities(country: str) -> Mapping[str, str]:
    """The zone of each city that tells it by itself: those that zones are named after in any language, large ones."""
    large = {
        _plain(name): zone_name
        for zone_name, listed in LARGE.get(country, {}).items()
        for names in _listed(listed)
        for name in names
    }
    return dict(_exemplar_cities(country)) | large


def _exemplar_cities(country: str) -> Iterator[tuple[str, str]]:
    """The cities that CLDR shows for the zones of a country."""
    # Zones of three parts (America/Indiana/Petersburg) are named after towns of which there are many.
    zones = [name for name in _zones_of_countries().get(country, ()) if name.count("/") == 1]
    yield from ((_plain(name.rpartition("/")[2].replace("_", " ")), name) for name in zones)
    for language in countries.LANGUAGES:
        shown = Locale.parse(language).time_zones
        yield from ((_plain(shown[name]["city"]), name) for name in zones if "city" in shown.get(name, {}))


def _listed(text: str) -> Iterator[list[str]]:
    """The entries of a list, ``;`` between them, each with its spellings, ``=`` between them."""
    for entry in text.split(";"):
        names = [" ".join(name.split()) for name in entry.split("=")]
        if any(names):
            yield names
