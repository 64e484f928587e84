"""The last day that somebody is away, as an automatic answer says it: ``until 14 August``, ``zurück am Montag``.

A text names days; the words around each tell what it is: the last day away, the day of the return, or the first day
away, which is of no interest. Texts are folded (``folding``), and the words below are written that way.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from domain.incoming.absence_cues import AFTER_RETURN, AFTER_START, AFTER_UNTIL, AWAY, BEFORE_A_DAY, NOT, Cue
from domain.incoming.date_mentions import LONGEST_ABSENCE, Mention, mentions
from domain.incoming.folding import folded

MAX_TEXT = 4_000
_WINDOW = 90

_RANGE = re.compile(
    r"(?:^|[\d.)日일]|\b(?:st|nd|rd|th|er)\b|[a-zа-яα-ω])\s*(?:st|nd|rd|th|er|\.|º)?\s*,?\s*"
    r"(?:-|/|\ball'|\bto|\bthrough|\buntil|\band|\bbis(?: (?:zum|einschl\w*))?|\bau|\bal?|\ba|\bao?|\btot(?: en met)?"
    r"|\bt/m"
    r"|\bdo|\btil|\btill|\ba|\bsi"
    r"|\bla|\be|\bes|\by|\bet|\bi|\boch|\bog|\bund|\ben|\bja|\bve|\band|\bκαι|\bи|\bта|\bі|\bпо|\bдо|\bωσ|\bεωσ|から|到"
    r"|至|부터|から、)\s*(?:(?:the|den|dem|el|le|il|o|dia|incl\w*"
    r"|and including)\.?\s)*$"
)
# Until when offers hold and mails are forwarded is no day of a return.
_OF_THINGS = re.compile(
    r"\b(?:(?:be|are|is|being|still) (?:forwarded|redirected|valid|on sale)|forwarded until|valid"
    r"|weitergeleitet|umgeleitet|gultig|transferes|valables?|reenvia\w+|validos?|inoltrat[ie]|valid[oi]|geldig"
    r"|doorgestuurd|wazn[aey]|vidarebefordras|gyldig|galler|offer ends|discount|sale ends|% off)\b"
)
# Arabic, Persian and Devanagari digits.
_DIGITS = {block + digit: str(digit) for block in (0x660, 0x6F0, 0x966) for digit in range(10)}
_BARE_DAY = re.compile(r"\b\d{1,2}\s*(?:st|nd|rd|th|er|\.|º)?\s?[-/' a-zа-я]{1,14}$")
_THOUGHT_END = re.compile(r",|\b(?:und|and|but|aber|et|mais|y|e|pero|ma|en|maar|och|men|og|ja|и|но|и|та|але)\b")
_SENTENCE_END = re.compile(r"(?<!\d)(?<!\b\w)(?<!\b\w\w)[.!?;]\s|[。！？!]|\n\s*\n")


def return_date(text: str, subject: str, received_on: date) -> date | None:
    """The last day away that an automatic answer names, None when it names none that is today or in the next 400 days.

    ``received_on`` is the day from which words such as “Monday” or “in two weeks” count. “Back on 3 March” answers the
    2nd, “until 3 March” the 3rd. Of several days the latest counts: to wait too long costs less than to write to
    somebody who is away.
    """
    whole = folded(f"{subject[:300]}\n\n{text[:MAX_TEXT]}").translate(_DIGITS)
    found = mentions(whole, received_on)
    told = list(_told(whole, found, received_on))
    for strength in (2, 1):
        days = [day for rank, day in told if rank == strength and received_on <= day <= received_on + LONGEST_ABSENCE]
        if days:
            return max(days)
    return _in_words(whole, received_on)


def _told(whole: str, found: list[Mention], today: date) -> Iterator[tuple[int, date]]:
    """The last days away that the mentions tell, with how sure they are: 2 for “until” and “back”, 1 for “away on”."""
    for number, mention in enumerate(found):
        before = found[number - 1] if number else None
        after = found[number + 1] if number + 1 < len(found) else None
        cue = _cue(whole, mention, before, after)
        if cue is None or cue is Cue.START or _is_week(whole, mention, before, after):
            continue
        if cue in {Cue.UNTIL, Cue.AVAILABLE} and _OF_THINGS.search(
            _sentence_end(whole[max(0, mention.start - 150) : mention.start])
        ):
            continue
        back = cue in {Cue.RETURN, Cue.AVAILABLE}
        day = _day(mention, today, back=back)
        if day is not None:
            yield (1 if cue is Cue.AWAY else 2), day - timedelta(days=1) if back else day


def _day(mention: Mention, today: date, *, back: bool) -> date | None:
    if mention.weekday is not None:
        ahead = (mention.weekday - today.weekday()) % 7
        return today + timedelta(days=ahead or (7 if back else 0))
    if mention.month and back and mention.day:
        return mention.day.replace(day=1)  # “Back in March” is back on its first day at the earliest.
    return mention.day


def _is_week(whole: str, mention: Mention, before: Mention | None, after: Mention | None) -> bool:
    """Whether it is of a pair of weekdays, as in “Monday to Friday”: office hours."""
    if mention.weekday is None:
        return False
    near = [(before, mention)] if before else []
    near += [(mention, after)] if after else []
    return any(
        one and two and one.weekday is not None and two.weekday is not None and two.start - one.end <= 12
        for one, two in near
    )


def _cue(whole: str, mention: Mention, before: Mention | None, after: Mention | None) -> Cue | None:
    """What the words around a day make of it: those that follow closely, a range, those before, those that follow."""
    behind = whole[mention.end : min(mention.end + _WINDOW, after.start if after else len(whole))]
    if AFTER_UNTIL.match(behind):
        return Cue.UNTIL
    if AFTER_START.match(behind):
        return Cue.RETURN if AFTER_RETURN.search(_sentence_start(behind)) else Cue.START
    floor = before.end if before else 0
    ahead = whole[max(floor, mention.start - _WINDOW) : mention.start]
    if mention.ranged or _ends_a_range(whole, mention, before):
        return Cue.UNTIL
    told = _cue_before(_sentence_end(ahead))
    if told in {Cue.RETURN, Cue.UNTIL, Cue.AVAILABLE}:
        return told
    if after and _ends_a_range(whole, after, mention):
        return Cue.START
    follows = AFTER_RETURN.search(_sentence_start(behind))
    if follows and told is not Cue.BEFORE and not (after and told is None and mention.weekday is not None):
        thought = _THOUGHT_END.split(_sentence_end(ahead))[-1][-25:]
        negated = NOT.search(_sentence_start(behind)[: follows.start()]) or NOT.search(thought)
        return Cue[follows.lastgroup or ""] if not negated else Cue.AWAY
    return None if told is Cue.BEFORE else told


def _ends_a_range(whole: str, mention: Mention, before: Mention | None) -> bool:
    """Whether the day follows another and a word such as “to”: “from 3 to 17 August”, “12.-26.08.”."""
    gap = whole[max(before.end if before else 0, mention.start - 30) : mention.start]
    if before and mention.start - before.end <= 25 and before.weekday is None and _RANGE.match(gap):
        return _RANGE.match(gap) is not None and mention.weekday is None
    found = _RANGE.search(gap)
    return found is not None and mention.weekday is None and _BARE_DAY.search(gap) is not None


def _cue_before(words: str) -> Cue | None:
    """The last word before a day that tells what it is."""
    cues = [(Cue[found.lastgroup or ""], found) for found in BEFORE_A_DAY.finditer(words)]
    if not cues:
        return None
    cue, last = cues[-1]
    earlier = [one for one, _ in cues]
    negated = NOT.search(words[: last.start()]) is not None
    if cue in {Cue.UNTIL, Cue.BEFORE} and Cue.RETURN in earlier and negated:
        return Cue.RETURN  # “I will not be back before”, “ich bin erst bis … zurück”.
    if cue is Cue.START and (Cue.RETURN in earlier or (Cue.AVAILABLE in earlier and not negated)):
        return Cue.RETURN  # “Available again from”.
    if cue is Cue.AVAILABLE and negated:
        return Cue.AWAY
    if cue is Cue.START and Cue.UNTIL in earlier and words[last.end() :].count(" ") <= 1 and last[0] in {"de", "du"}:
        return Cue.UNTIL  # “hasta el día de”.
    return cue


def _sentence_end(words: str) -> str:
    """The words after the last end of a sentence."""
    ends = [found.end() for found in _SENTENCE_END.finditer(words)]
    return words[ends[-1] :] if ends else words


def _sentence_start(words: str) -> str:
    """The words before the first end of a sentence."""
    found = _SENTENCE_END.search(words)
    return words[: found.start()] if found else words[:60]


_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "a an one eine einer einem einen ein une un una um uma een en et ett jeden jedna tydzien",
            "two zwei deux dos due dois duas twee tva to dwa dwie dwoch",
            "three drei trois tres tre drie trzy trzech",
            "four vier quatre cuatro quattro quatro fyra fire cztery",
            "five funf cinq cinco cinque vijf fem piec",
            "six sechs seis sei zes sex seks szesc",
        ),
        start=1,
    )
    for word in words.split()
}
_NUMBER = rf"(?P<number>\d{{1,2}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_UNIT = (
    r"(?:(?P<days>(?:working |business |werk|arbeits)?(?:days?|tagen?|tage|jours?|dias?|giorn[oi]|dagen|dag|dagar|dage"
    r"|dager|dni)\b)"
    r"|(?P<weeks>weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken|week|veck(?:a|or)|uger?|uker?|tygodni\w*|tydzien)"
    r"|(?P<months>months?|monat\w*|mois|mes(?:es)?|mes[ei]|maand\w*|manad\w*|maned\w*|miesi\w+))\b"
)
_SPAN = re.compile(
    rf"\b(?:in|for|within|fur|dans|pour|pendant|en|durante|dentro de|por|tra|fra|per|em|over|voor|om|i|za|przez)\s"
    r"(?:the\s)?(?:next\s|about\s|(?:die )?nachsten\s|les\s|prochain\w+\s|las\s|proxim\w+\s|i prossimi\s"
    rf"|de komende\s)*{_NUMBER}\s(?:next\s)?{_UNIT}"
)
_TOMORROW = re.compile(
    r"\b(?:tomorrow|morgen|demain|manana|domani|amanha|jutro|imorgon|i morgon|i morgen|huomenna|zitra|holnap|maine"
    r"|yarin|завтра|αυριο)\b|明日|明天|내일"
)
_TODAY = re.compile(
    r"\b(?:today|heute|aujourd'hui|hoy|oggi|hoje|vandaag|dzis|dzisiaj|idag|i dag|tanaan|dnes|ma (?=nem|nincs|mar"
    r"|egesz|szabad|tavol)|astazi|bugun|сегодня"
    r"|сьогодні|σημερα)\b"
    r"|本日|今日|今天|오늘"
)
_THIS_WEEK = re.compile(
    r"\b(?:(?:all |the rest of |rest of |end of )(?:this |the )?week|this week|diese woche|ende der woche"
    r"|cette semaine|fin de (?:la )?semaine"
    r"|esta semana|questa settimana|deze week|denna vecka|denne uge|denne uken|w tym tygodniu|на этой неделе)\b|今週"
    r"|本周"
    r"|이번 주"
)
_NEXT_WEEK = re.compile(
    r"\b(?:next week|nachste[rn]? woche|kommende[rn]? woche|la semaine prochaine|la semana (?:que viene|proxima)"
    r"|la proxima semana"
    r"|la (?:prossima settimana|settimana prossima)|na proxima semana|volgende week|nasta vecka|naeste uge|neste uke"
    r"|w przyszlym tygodniu|в следующую неделю|на следующей неделе|来週|下周|다음 주)"
)


def _in_words(whole: str, today: date) -> date | None:
    """The last day away of a text that names no date: “back tomorrow”, “for two weeks”, “out today”."""
    for pattern in (_SPAN, _NEXT_WEEK, _TOMORROW, _THIS_WEEK, _TODAY):
        for found in pattern.finditer(whole):
            ahead = _sentence_end(whole[max(0, found.start() - _WINDOW) : found.start()])
            behind = _sentence_start(whole[found.end() : found.end() + _WINDOW])
            told = _cue_before(ahead)
            follows = AFTER_RETURN.search(behind)
            back = told in {Cue.RETURN, Cue.AVAILABLE} or (follows is not None and told in {None, Cue.START})
            if told is not None or follows or AWAY.search(behind):
                return _counted(pattern, found, today, back=back)
    return None


def _counted(pattern: re.Pattern[str], found: re.Match[str], today: date, *, back: bool) -> date:
    sunday = today + timedelta(days=6 - today.weekday())
    if pattern is _SPAN:
        given = found["number"]
        number = int(given) if given.isdigit() else _NUMBERS[given]
        length = 7 if found["weeks"] else 30 if found["months"] else 1
        return min(today + timedelta(days=number * length - back), today + LONGEST_ABSENCE)
    if pattern is _NEXT_WEEK:
        return sunday if back else sunday + timedelta(days=7)
    if pattern is _THIS_WEEK:
        return sunday
    return today if back or pattern is _TODAY else today + timedelta(days=1)
