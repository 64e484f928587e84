"""The zone of a contact by its place, as files spell places."""

from importlib import resources

import pytest

from domain.profiles import countries
from domain.profiles.contact_zones import derive
from domain.profiles.zone_cities import LARGE, SPLIT_STATES
from domain.profiles.zone_states import MAINLAND, STATES
from domain.scheduling.zones import zone

ZONES = [
    line.split("\t")[:3:2]
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
"""Each country with each of its zones."""
SINGLE = [(country, name) for country, name in ZONES if [one for one, _ in ZONES].count(country) == 1]

US = """
    AL Alabama C|AK Alaska A|AZ Arizona P|AR Arkansas C|CA California L|CO Colorado D|CT Connecticut N|DE Delaware N
    FL Florida N|GA Georgia N|HI Hawaii H|ID Idaho B|IL Illinois C|IN Indiana N|IA Iowa C|KS Kansas C|KY Kentucky N
    LA Louisiana C|ME Maine N|MD Maryland N|MA Massachusetts N|MI Michigan N|MN Minnesota C|MS Mississippi C
    MO Missouri C|MT Montana D|NE Nebraska C|NV Nevada L|NH New Hampshire N|NJ New Jersey N|NM New Mexico D
    NY New York N|NC North Carolina N|ND North Dakota C|OH Ohio N|OK Oklahoma C|OR Oregon L|PA Pennsylvania N
    RI Rhode Island N|SC South Carolina N|SD South Dakota C|TN Tennessee C|TX Texas C|UT Utah D|VT Vermont N
    VA Virginia N|WA Washington L|WV West Virginia N|WI Wisconsin C|WY Wyoming D|DC District of Columbia N
"""
LETTERS = {
    "N": "America/New_York",
    "C": "America/Chicago",
    "D": "America/Denver",
    "B": "America/Boise",
    "P": "America/Phoenix",
    "L": "America/Los_Angeles",
    "A": "America/Anchorage",
    "H": "Pacific/Honolulu",
}
STATES_OF_THE_US = [entry.strip() for line in US.strip().splitlines() for entry in line.split("|")]


def test_a_country_with_one_zone_is_in_it() -> None:
    assert len(SINGLE) > 200
    assert [derive(country, "anything", None) for country, _ in SINGLE] == [name for _, name in SINGLE]


def test_every_state_of_the_us_tells_its_zone() -> None:
    assert len(STATES_OF_THE_US) == 51
    for entry in STATES_OF_THE_US:
        code, name, letter = entry[:2], entry[3:-2], entry[-1]
        assert derive("US", code, None) == derive("United States", name.lower(), "Nowhere") == LETTERS[letter], name


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("AB", "Alberta", "America/Edmonton"),
        ("BC", "British Columbia", "America/Vancouver"),
        ("MB", "Manitoba", "America/Winnipeg"),
        ("NB", "Nouveau-Brunswick", "America/Halifax"),
        ("NL", "Newfoundland and Labrador", "America/St_Johns"),
        ("NS", "Nova Scotia", "America/Halifax"),
        ("NT", "Northwest Territories", "America/Edmonton"),
        ("NU", "Nunavut", "America/Iqaluit"),
        ("ON", "Ontario", "America/Toronto"),
        ("PE", "Prince Edward Island", "America/Halifax"),
        ("QC", "Québec", "America/Toronto"),
        ("SK", "Saskatchewan", "America/Regina"),
        ("YT", "Yukon", "America/Whitehorse"),
    ],
)
def test_every_province_of_canada_tells_its_zone(code: str, name: str, expected: str) -> None:
    assert derive("CA", code, None) == derive("Canada", name, None) == expected


@pytest.mark.parametrize(
    ("country", "state", "city", "expected"),
    [
        ("Deutschland", None, None, "Europe/Berlin"),
        ("España", None, "Madrid", "Europe/Madrid"),
        ("Spain", "Andalucía", "Sevilla", "Europe/Madrid"),
        ("ES", "Islas Canarias", None, "Atlantic/Canary"),
        ("ES", None, "Las Palmas de Gran Canaria", "Atlantic/Canary"),
        ("Portugal", None, "Lisboa", "Europe/Lisbon"),
        ("PT", None, "Funchal", "Atlantic/Madeira"),
        ("PT", "Açores", None, "Atlantic/Azores"),
        ("UK", None, "London", "Europe/London"),
        ("Schweiz", "ZH", "Zürich", "Europe/Zurich"),
        ("Österreich", None, None, "Europe/Vienna"),
        ("Нидерланды", None, None, "Europe/Amsterdam"),
        ("Україна", None, "Львів", "Europe/Kyiv"),
        ("France", None, "Paris", "Europe/Paris"),
        ("Frankrijk", None, None, "Europe/Paris"),
        ("Martinique", None, None, "America/Martinique"),
        ("USA", "TX", "Austin", "America/Chicago"),
        ("USA", "TX", "El Paso", "America/Denver"),
        ("US", "FL", "Pensacola", "America/Chicago"),
        ("US", "Florida", "Miami", "America/New_York"),
        ("US", "TN", "Knoxville", "America/New_York"),
        ("US", "IN", "Evansville", "America/Chicago"),
        ("US", "ID", "Coeur d'Alene", "America/Los_Angeles"),
        ("US", "SD", "Rapid City", "America/Denver"),
        ("US", None, "San Francisco", "America/Los_Angeles"),
        ("US", None, "st louis", "America/Chicago"),
        ("US", "", "Нью-Йорк", "America/New_York"),
        ("US", "PR", "San Juan", "America/Puerto_Rico"),
        ("Canada", None, "Montréal", "America/Toronto"),
        ("CA", "BC", "Cranbrook", "America/Edmonton"),
        ("CA", "Ontario", "Kenora", "America/Winnipeg"),
        ("Australia", "New South Wales", None, "Australia/Sydney"),
        ("AU", "qld", None, "Australia/Brisbane"),
        ("AU", None, "Perth", "Australia/Perth"),
        ("Brasil", "SP", "São Paulo", "America/Sao_Paulo"),
        ("Brazil", "Amazonas", None, "America/Manaus"),
        ("BR", None, "Salvador", "America/Bahia"),
        ("México", "Jalisco", None, "America/Mexico_City"),
        ("MX", "Quintana Roo", "Cancún", "America/Cancun"),
        ("MX", None, "Tijuana", "America/Tijuana"),
        ("Россия", "Свердловская область", None, "Asia/Yekaterinburg"),
        ("Russia", None, "Novosibirsk", "Asia/Novosibirsk"),
        ("RU", "Primorsky Krai", None, "Asia/Vladivostok"),
        ("Indonesia", "Bali", "Denpasar", "Asia/Makassar"),
        ("ID", None, "Jakarta Selatan", "Asia/Jakarta"),
        ("Kazakhstan", None, None, "Asia/Almaty"),
        ("Argentina", "Córdoba", None, "America/Argentina/Buenos_Aires"),
        ("Chile", "Magallanes", "Punta Arenas", "America/Punta_Arenas"),
        ("New Zealand", None, "Christchurch", "Pacific/Auckland"),
        ("中国", None, "北京", "Asia/Shanghai"),
        ("日本", "東京都", None, "Asia/Tokyo"),
        ("India", "Karnataka", "Bengaluru", "Asia/Kolkata"),
        ("South Africa", None, None, "Africa/Johannesburg"),
        ("Congo - Kinshasa", None, "Lubumbashi", "Africa/Lubumbashi"),
    ],
)
def test_places_as_people_write_them(country: str, state: str | None, city: str | None, expected: str) -> None:
    assert derive(country, state, city) == expected


@pytest.mark.parametrize(
    ("country", "state", "city"),
    [
        (None, "CA", "San Francisco"),
        ("", None, None),
        ("Atlantis", None, None),
        ("US", None, None),
        ("US", "Nowhere", "Springfield"),
        ("US", None, "Petersburg"),
        ("Canada", None, None),
        ("Russia", None, "Неизвестный"),
        ("Brazil", None, None),
    ],
)
def test_what_does_not_tell_a_zone_gives_none(country: str | None, state: str | None, city: str | None) -> None:
    assert derive(country, state, city) is None


def test_every_zone_of_the_tables_exists_and_is_one_of_its_country() -> None:
    listed = [(country, name) for table in (STATES, LARGE) for country, zones in table.items() for name in zones]
    listed += [(country, name) for country, cities in SPLIT_STATES.items() for _, name in cities]
    listed += MAINLAND.items()
    assert all(zone(name) is not None for _, name in listed)
    # The islands that belong to the United States are countries of their own in tzdata.
    islands = {"America/Puerto_Rico", "America/St_Thomas", "Pacific/Guam", "Pacific/Pago_Pago", "Pacific/Saipan"}
    assert {(country, name) for country, name in listed if name not in islands and country != "XK"} <= {
        (one, name) for one, name in ZONES
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("usa", "US"),
        ("DEU", "DE"),
        ("Côte d’Ivoire", "CI"),
        ("Bosnia and Herzegovina", "BA"),
        ("Hong Kong SAR", "HK"),
        ("Suisse", "CH"),
        ("Türkiye", "TR"),
        ("Korea, Republic of", "KR"),
        ("Россия", "RU"),
        ("Kosovo", "XK"),
        ("中国", "CN"),
        ("Narnia", None),
        (None, None),
    ],
)
def test_countries_are_known_by_code_and_by_name(name: str | None, code: str | None) -> None:
    assert countries.code(name) == code
