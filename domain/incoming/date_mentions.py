"""The days that a text names, in the languages of our contacts: ``3 March``, ``14.08.``, ``8月15日``, ``next Monday``.

The names of months and weekdays are those of the Unicode CLDR, by way of Babel. Texts are folded (``folding``).
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from babel import Locale

from domain.incoming.folding import folded

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb"),
    *("fi", "cs", "hu", "ro", "tr", "ru", "uk", "el", "ja", "zh", "ko"),
    *("sk", "sl", "hr", "sr_Latn", "sr", "bg", "et", "lt", "lv", "ca", "de_AT"),
    *("ar", "ar_LB", "he", "fa", "hi", "th", "vi", "id", "ms"),
)
# In these a weekday's ending changes with its case, so that the stem has to do.
_INFLECTING = frozenset({"pl", "fi", "hu", "ru", "uk", "el", "tr", "ro"})
# Cases that Babel does not know, where a stem would be found in other languages' words.
_MONTH_CASES = """
januara januarja jaanuaril jaanuarini janvari janvarim января јануара; februara februarja veebruaril veebruarini
februari фебруара; marta marca martsil martsini марта; aprila aprillil aprillini aprili aprilim априла; maja
maini maijam маја; juna junija juunil juunini јуна; jula julija juulil juulini jula јула; avgusta augustil
augustini augustam августа; septembra septembril septembrini septembri септембра; oktobra oktoobril oktoobrini
oktobri октобра; novembra novembril novembrini novembri novembrim новембра; decembra detsembril detsembrini
decembri decembrim децембра
"""
_WEEKDAY_CASES = """
pondeli pondelka pondelok ponedeljka ponedjeljka esmaspaeval pirmadieni pirmdien الإثنين; utery uterka utorok utorka
torka teisipaeval antradieni otrdien الثلاثاء; stredu stredy sredu srijedu sredo kolmapaeval treciadieni tresdien
сряда الأربعاء; ctvrtek ctvrtka ctvrtku stvrtok stvrtka cetvrtka cetrtka neljapaeval ketvirtadieni ceturtdien;
patek patku patkem piatok piatku petka reedel penktadieni piektdien; sobotu soboty subotu soboto laupaeval sestadieni
sestdien; nedeli nedele nedelju nedelu puhapaeval sekmadieni svetdien
"""
LONGEST_ABSENCE = timedelta(days=400)
_BUDDHIST = 543  # Years that Thailand is ahead.
_JUST_OVER = timedelta(days=45)
_NEAR = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Mention:
    """A day that is named between two places of a text. ``weekday`` alone (Monday is 0) when it names no date;
    ``ranged`` when it ends a range that the mention itself holds, such as ``August 12-26``; ``month`` when ``day`` is
    the last of a month that is named without a day."""

    start: int
    end: int
    day: date | None = None
    weekday: int | None = None
    ranged: bool = False
    month: bool = False


def mentions(text: str, today: date) -> list[Mention]:
    """What a folded text names, in the order of the text. Days that are past or too far away have no ``day``; a year
    that is left out is that of the next such day after ``today``."""
    found: list[Mention] = []
    taken = bytearray(len(text))
    for pattern, read in _readers():
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            mention = read(match, today)
            if mention is not None:
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
                found.append(mention)
    return _with_their_weekdays(sorted(found, key=lambda mention: mention.start), text)


def _with_their_weekdays(found: list[Mention], text: str) -> list[Mention]:
    """``Monday, 3 March`` is one mention: the weekday before a date belongs to it."""
    joined: list[Mention] = []
    for mention in found:
        last = joined[-1] if joined else None
        if last and last.weekday is not None and mention.weekday is None and _ARTICLE(text[last.end : mention.start]):
            joined[-1] = Mention(last.start, mention.end, mention.day, None, mention.ranged, mention.month)
        elif last and mention.weekday is not None and last.weekday is None and _BRACKET(text[last.end : mention.start]):
            joined[-1] = Mention(last.start, mention.end, last.day, None, last.ranged, last.month)
        else:
            joined.append(mention)
    return joined


# Chinese, Japanese and Korean set no space before a weekday and after it, and say “next week” before it.
_CJK_DAY = (
    r"(?P<next>下个?|下個|来週の?|来週|다음 ?주 ?)?"
    r"(?:(?P<cjk>[月火水木金土日])曜日?|(?:周|星期|礼拜|禮拜|週)(?P<zh>[一二三四五六日天])"
    r"|(?P<ko>[월화수목금토일])요일)"
)

_ARTICLE = re.compile(r"[.,]?\s*(?:\(?(?:the|den|dem|der|d\.|le|el|il|dia|dne|den|on)?\s*)").fullmatch
_BRACKET = re.compile(r",?\s*\(?").fullmatch


def in_reach(day: date | None, today: date) -> date | None:
    """``day``, or None when it is past or farther away than the longest absence."""
    return day if day and today <= day <= today + LONGEST_ABSENCE else None


def _dated(year: str | None, month: int, day: int, today: date) -> date | None:
    """The day named; without a year the next one, but none when it was just over: the text is a stale one."""
    try:
        if year:
            number = int(year.strip("'"))
            number -= _BUDDHIST if number > 2400 else 0
            return date(number + 2000 if number < 100 else number, month, day)
        years = range(today.year, today.year + 2)
        coming = next((d for d in (date(y, month, day) for y in years) if d >= today), None)
        last = date(today.year if (month, day) < (today.month, today.day) else today.year - 1, month, day)
        return None if coming is None or timedelta() < today - last <= _JUST_OVER else coming
    except ValueError:
        return date(today.year + 1, 2, 28) if (month, day) == (2, 29) and not year else None


class _Names(NamedTuple):
    months: dict[str, int]
    full_months: dict[str, int]
    weekdays: dict[str, int]


@lru_cache(maxsize=1)
def _names() -> _Names:
    """The names of months (all and the full ones) and of weekdays; those of inflecting languages as stems."""
    months: dict[str, int] = {}
    full: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for context in ("format", "stand-alone"):
            for number, name in locale.months[context]["abbreviated"].items():
                months.setdefault(folded(name).strip("."), number)
            for number, name in locale.months[context]["wide"].items():
                full.setdefault(folded(name), number)
            for number, name in locale.days[context]["wide"].items():
                weekdays.setdefault(folded(name), number)
                if language in _INFLECTING and len(name) > 3:
                    weekdays.setdefault(folded(name)[: {4: 4, 5: 4}.get(len(name), -2)] + "*", number)
    for table, cases in ((full, _MONTH_CASES), (weekdays, _WEEKDAY_CASES)):
        for number, line in enumerate(cases.split(";"), start=table is full):
            table.update(dict.fromkeys(folded(line).split(), number))
    weekdays.pop("minggu")  # It is Indonesian for a week as well.
    full.pop("mac")  # It is Malay for March, and a computer.
    for language in ("en", "zh"):
        for number, name in Locale.parse(language).days["format"]["abbreviated"].items():
            weekdays.setdefault(folded(name), number)
    weekdays |= {name: n for n, name in enumerate(("segunda", "terca", "quarta", "quinta", "sexta"))}
    return _Names({**full, **months}, full, weekdays)


def _one_of(names: dict[str, int]) -> str:
    """A pattern for one of the names, the longest first; ``*`` stands for an ending, a short one where the stem is
    short: it begins other words as well."""
    ordered = sorted(names, key=len, reverse=True)
    return "|".join(re.escape(name).replace(r"\*", r"\w{0,2}" if len(name) <= 5 else r"\w{0,7}") for name in ordered)


_Reader = tuple[re.Pattern[str], Callable[[re.Match[str], date], Mention | None]]


@lru_cache(maxsize=1)
def _readers() -> tuple[_Reader, ...]:
    """What finds mentions, the strictest first: none takes what one before it took."""
    names = _names()
    latin = {name: n for name, n in names.months.items() if not re.search(r"[月월]", name)}
    month, full = _one_of(latin), _one_of({n: k for n, k in names.full_months.items() if n in latin})
    year = r"(?P<year>(?:19|20|25)\d\d|'\d\d)"
    ordinal = r"(?:st|nd|rd|th|er|eme|e|o|a|:a|:e|\.|º|ª)?"
    of = r"(?:\s?(?:de|of|den|d'|di)\s?\b|\sב?|-)?"
    return (
        (re.compile(r"(?<!\d)(?P<year>20\d\d)([-/.])\s?(?P<month>\d{1,2})\2\s?(?P<day>\d{1,2})(?!\d)"), _day),
        (
            re.compile(
                r"(?:(?P<year>20\d\d)\s*[年년]\s*)?(?<!\d)(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号號일]"
                r"(?:\s?[(（]\s?[月火水木金土日월화수목금토일]\S{0,2}[)）])?(?:\s*[-至到から부터]{1,2}\s*(?P<last>\d{1,2})\s*[日号號일])?"
            ),
            _day,
        ),
        (
            re.compile(
                rf"(?<!\d)(?P<year>20\d\d)[.\s]+(?:m\.\s|gada\s)?(?P<name>{month})\.?\s+(?P<day>\d{{1,2}})(?!\d)"
            ),
            _day,
        ),
        (
            re.compile(
                rf"(?<![\d:])(?P<day>\d{{1,2}}){ordinal}{of}(?P<name>{month})(?!\w)\.?"
                rf"(?:[\s,-]*(?:(?:de|del|do|of|roku|r\.)\s)?{year}(?!\d))?"
            ),
            _day,
        ),
        (
            re.compile(
                rf"(?<!\w)(?P<name>{month})(?!\w)\.?\s?(?:the\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?![\d:])"
                rf"(?:\s*(?:-|to|through|thru|until)\s*(?P<last>\d{{1,2}})(?:st|nd|rd"
                rf"|th)?(?![\d:]))?(?:,?\s{year}(?!\d))?"
            ),
            _day,
        ),
        (
            re.compile(
                r"(?<![\d/:])(?<!\d\.)(?!24/7)(?P<first>\d{1,2})(?P<sign>[./-])\s?(?P<second>\d{1,2})"
                r"(?:(?P=sign)\s?(?P<year>2[05]\d\d|\d\d)(?!\d)|(?<!-\d)(?<!-\d\d))(?![\d/:])"
                r"(?:(?:(?<=\.\d)|(?<=\.\d\d))\.)?"
            ),
            _numeric,
        ),
        (re.compile(rf"(?<!\w)(?P<name>{full})(?!\w)(?:\s(?:de\s)?{year}(?!\d))?"), _month),
        (
            re.compile(rf"(?:(?<!\w)|(?=[א-ת฀-๿]))(?P<name>{_one_of(names.weekdays)})(?:(?!\w)|(?<=[฀-๿]))|{_CJK_DAY}"),
            _weekday,
        ),
    )


def _day(match: re.Match[str], today: date) -> Mention | None:
    groups = match.groupdict()
    month = _names().months[groups["name"]] if groups.get("name") else int(groups["month"])
    last, day = groups.get("last"), int(groups["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    named = _dated(groups["year"], month, int(last) if last else day, today)
    return Mention(match.start(), match.end(), in_reach(named, today), ranged=last is not None)


def _numeric(match: re.Match[str], today: date) -> Mention | None:
    """``14.08.`` has the day first; with slashes the order is told by what can be, then by what is near."""
    first, second, year = int(match["first"]), int(match["second"]), match["year"]
    if match["sign"] == "-" and not year:
        return None  # Hours or a part of a telephone number.
    orders = [(second, first), (first, second)]
    if match["sign"] == "." or (second <= 12 and not _in_english(match.string)):
        orders = [(first, second)] if not year and _EAST_ASIAN.search(match.string) else [(second, first)]
    possible = [(month, day) for month, day in orders if 1 <= month <= 12 and 1 <= day <= 31]
    if not possible:
        return None
    named = (in_reach(_dated(year, month, day, today), today) for month, day in possible)
    days = [day for day in named if day]
    near = [day for day in days if day - today <= _NEAR]
    # Americans write the month first. Of two days that both may be meant the later costs less: it lets somebody wait,
    # where the earlier would write to somebody who is away.
    return Mention(match.start(), match.end(), max(near or days, default=None))


_ENGLISH = re.compile(
    r"\b(?:the|until|till|and|back|away|returning|return|i'm|i am|i will|with|from|out of|office|will be|on|of|for)\b"
)


_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")


def _in_english(text: str) -> bool:
    """Whether a text may be English: only Americans write the month first. A subject above it may be another's."""
    subject, _, body = text.partition("\n\n")
    return _ENGLISH.search(body if re.search(r"[^\W\d_]{2}", body) else subject) is not None


def _month(match: re.Match[str], today: date) -> Mention | None:
    month = _names().full_months[match["name"]]
    year = match["year"] and int(match["year"].replace("'", "20"))
    year = year or today.year + (month < today.month)
    return Mention(
        match.start(), match.end(), in_reach(date(year, month, monthrange(year, month)[1]), today), month=True
    )


def _cjk_weekday(match: re.Match[str], today: date) -> Mention:
    """A weekday of East Asia. One of the next week is a date: counted from Monday it is not the next of its name."""
    days = {"cjk": "月火水木金土日", "zh": "一二三四五六日", "ko": "월화수목금토일"}
    number = next(names.index(match[group].replace("天", "日")) for group, names in days.items() if match[group])
    if not match["next"]:
        return Mention(match.start(), match.end(), weekday=number)
    return Mention(match.start(), match.end(), today + timedelta(days=7 - today.weekday() + number))


def _weekday(match: re.Match[str], today: date) -> Mention | None:
    if match["name"] is None:
        return _cjk_weekday(match, today)
    name, weekdays = match["name"], _names().weekdays
    if name == "mon" and re.match(r"\s+[a-z]", match.string[match.end() : match.end() + 4]):
        return None  # French for "my".
    if name in weekdays:
        return Mention(match.start(), match.end(), weekday=weekdays[name])
    stems = (weekdays[name[:length] + "*"] for length in range(len(name), 2, -1) if name[:length] + "*" in weekdays)
    number = next(stems, None)
    return None if number is None else Mention(match.start(), match.end(), weekday=number)
