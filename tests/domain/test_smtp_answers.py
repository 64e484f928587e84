"""What servers answer, in their own words, and what follows: two tables of real ones."""

from pathlib import Path
from typing import cast

import pytest

from domain.sending.smtp_answers import Phase, Verdict, provider_message_id, verdict

_HERE = Path(__file__).parent


def rows(name: str, columns: int) -> list[list[str]]:
    """The lines of a table, split into so many columns, the last of which holds the rest."""
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split(maxsplit=columns - 1) for line in lines if line and not line.startswith("#")]


VAGUE = "Address rejected."
TO_RCPT = rows("smtp_answers_to_rcpt.txt", 2)


@pytest.mark.parametrize(("expected", "answer"), TO_RCPT)
def test_an_answer_to_rcpt_means_what_its_words_say(expected: str, answer: str) -> None:
    assert verdict("rcpt", int(answer[:3]), answer[4:]) == expected


@pytest.mark.parametrize(("expected", "answer"), [row for row in TO_RCPT if VAGUE not in row[1]])
def test_the_same_words_after_the_dot_mean_the_same(expected: str, answer: str) -> None:
    assert verdict("dot", int(answer[:3]), answer[4:]) == expected


def test_vague_words_blame_the_address_at_rcpt_alone() -> None:
    assert verdict("rcpt", 550, f"#5.1.0 {VAGUE}") is Verdict.HARD
    assert verdict("dot", 550, f"#5.1.0 {VAGUE}") is Verdict.MESSAGE


@pytest.mark.parametrize(("phase", "expected", "answer"), rows("smtp_answers_by_phase.txt", 3))
def test_an_answer_before_a_recipient_is_named_is_about_who_sends(phase: str, expected: str, answer: str) -> None:
    assert verdict(cast(Phase, phase), int(answer[:3]), answer[4:]) == expected


SES_ID = "0102018f6d3a4b5c-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d-000000"
OURS = "<a1b2@sender.test>"


@pytest.mark.parametrize(
    ("host", "answer", "theirs"),
    [
        ("email-smtp.eu-west-1.amazonaws.com", f"Ok {SES_ID}", f"<{SES_ID}@eu-west-1.amazonses.com>"),
        ("email-smtp.us-east-1.amazonaws.com", f"Ok {SES_ID}", f"<{SES_ID}@email.amazonses.com>"),
        ("EMAIL-SMTP-FIPS.us-gov-west-1.amazonaws.com", f"Ok {SES_ID}", f"<{SES_ID}@us-gov-west-1.amazonses.com>"),
        ("vpce-1.email-smtp.us-east-2.vpce.amazonaws.com", f"Ok {SES_ID}", f"<{SES_ID}@us-east-2.amazonses.com>"),
        ("mail.sender.test", f"Ok {SES_ID}", None),
        (
            "smtp.office365.com",
            "2.0.0 OK <AM0P@AM0P.eurprd02.prod.outlook.com> [Hostname=AM0P.eurprd02.prod.outlook.com]",
            "<AM0P@AM0P.eurprd02.prod.outlook.com>",
        ),
        (
            "smtp.office365.com",
            f"2.6.0 {OURS} [InternalId=4711, Hostname=X.outlook.com] Queued mail for delivery",
            None,
        ),
        ("smtp-relay.test", "2.0.0 OK: queued as <20261121.4711@smtp-relay.test>", "<20261121.4711@smtp-relay.test>"),
        ("mx.test", "2.0.0 message-id: <4711@mx.test> accepted", "<4711@mx.test>"),
        ("smtp.sendgrid.net", "Ok: queued as hT9aQ0nZQ6-AzX7gnQw2bA", None),
        ("smtp.gmail.com", "2.0.0 OK  1795251039 a640c23a62f3a-ac4 - gsmtp", None),
        ("mx.test", "2.0.0 Ok: queued as 4F2B61234", None),
        ("mx.test", "2.1.5 <bob@contact.test> kept", None),
        ("mx.test", "", None),
    ],
)
def test_the_id_that_a_provider_gives_in_the_place_of_ours_is_read_from_its_answer(
    host: str, answer: str, theirs: str | None
) -> None:
    assert provider_message_id(host, answer, OURS) == theirs
