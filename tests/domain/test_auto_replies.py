"""People are never taken for programs, and programs are recognised in many languages."""

import pytest

from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.mail import automatic, people
from tests.domain.mail.people import built


def test_no_mail_of_a_person_is_misread_in_any_language_or_mail_program() -> None:
    mails = [*people.replies(), *people.new_mails(), *people.delicate()]
    misread = [(name, kind) for name, raw, _ in mails if (kind := parse(raw).kind) is not InboundKind.REPLY]
    assert len(mails) >= 900
    assert misread == []


def test_automatic_answers_are_recognised_in_many_languages() -> None:
    mails = [*automatic.answers(), *automatic.others(), *automatic.real(), *automatic.bare()]
    missed = [name for name, raw in mails if parse(raw).kind is not InboundKind.AUTO_REPLY]
    assert len(mails) >= 1_000
    assert len(missed) <= 0.02 * len(mails), missed


def test_the_day_of_the_return_is_read_from_automatic_answers() -> None:
    away = [(name, parse(raw).absent_until) for name, raw in automatic.answers()]
    assert [name for name, day in away if day is None or day.isoformat() not in {"2026-12-06", "2026-12-07"}] == []


def test_under_a_bare_word_for_absence_a_person_quotes_asks_or_names_his_mail_program() -> None:
    text = "Ich bin ab Montag weg, danach gern."
    quoting = built(
        f"{text}\n\nAm 23.11.2026 um 09:00 schrieb Ann <ann@sender.example>:\n> Hallo", "", subject="Urlaub"
    )
    program = built(text, "", subject="Urlaub", User_Agent="Mozilla Thunderbird")
    asking = built("Ich bin ab Montag weg, geht es danach?", "", subject="Urlaub")
    assert {parse(raw).kind for raw in (quoting, program, asking)} == {InboundKind.REPLY}


def test_a_person_without_a_return_path_is_a_person() -> None:
    text = "Hei Ann, min forrige adresse virker ikke. Bruk denne."
    for headers in ({"X_Mailer": "Lotus Domino Release 8.5"}, {"User_Agent": "Mozilla Thunderbird"}, {}):
        raw = built(text, "", subject="Svar: Hei", Return_Path="<>", Precedence="bulk", **headers)
        assert parse(raw).kind is InboundKind.REPLY


def test_without_a_return_path_a_mail_to_many_is_automatic_unless_it_looks_like_an_answer_of_a_person() -> None:
    headers = {"Return_Path": "<>", "Precedence": "bulk"}
    notice = "Thank you for your email. I am out of the office until Monday. In urgent cases please call."
    assert parse(built("Gone.", "", subject="Your mail", **headers)).kind is InboundKind.AUTO_REPLY
    assert parse(built(notice, "", subject="Re: Hello", **headers)).kind is InboundKind.AUTO_REPLY
    assert parse(built("Yes, let us talk.", "", subject="Re: Hello", **headers)).kind is InboundKind.REPLY


def test_a_band_that_is_called_mailer_daemon_answers_with_a_mail_program() -> None:
    raw = built("Yes, we would love to play!", "", subject="Re: gig", From="Mailer Daemon <mailer-daemon@band.example>")
    assert parse(raw).kind is InboundKind.AUTO_REPLY
    assert parse(raw.replace(b"Subject:", b"User-Agent: Mozilla Thunderbird\r\nSubject:")).kind is InboundKind.REPLY


def test_an_answer_over_a_team_s_list_is_no_newsletter() -> None:
    headers = {
        "Precedence": "list",
        "List_Id": "<team.contact.example>",
        "List_Unsubscribe": "<mailto:leave@contact.example>",
    }
    raw = built("Ja, gern.", "", subject="RE: [EXTERNAL] Hallo", In_Reply_To="", References="", **headers)
    assert parse(raw).kind is InboundKind.REPLY


def test_a_read_receipt_is_no_reply() -> None:
    assert parse(automatic.READ_RECEIPT).kind is InboundKind.AUTO_REPLY


def test_an_invitation_that_a_person_accepts_is_a_reply() -> None:
    assert parse(people.invitation_accepted()).kind is InboundKind.REPLY


@pytest.mark.parametrize("value", ["no", "No", "no (human)", "", "no; x=y"])
def test_auto_submitted_no_is_of_a_person(value: str) -> None:
    raw = people.built("Yes, let us talk.", "", subject="Re: Hello").replace(
        b"Subject:", b"Auto-Submitted: %s\r\nSubject:" % value.encode()
    )
    assert parse(raw).kind is InboundKind.REPLY


def test_an_answer_of_a_person_pauses_nothing() -> None:
    raw = people.built("I'm out of office until 7 December, let's talk then.", "", subject="Re: Hello")
    assert parse(raw).absent_until is None


def test_relative_days_count_from_the_day_that_the_mail_came_in() -> None:
    raw = people.built("I am out of the office and back on Monday.", "", subject="Automatic reply: Hello")
    assert str(parse(raw).absent_until) == "2026-11-29"  # It is dated Monday, 23 November 2026.
    day = parse(raw).absent_until
    assert day is not None
    assert str(parse(raw, received_on=day.replace(day=25)).absent_until) == "2026-11-29"
