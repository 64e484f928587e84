"""Delivery reports: which are hard, which soft, which none."""

from email import message_from_bytes

import pytest

from domain.incoming.bounces import delivery_status, is_gone, original_message_id, status_in
from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.bounce_samples import DELAYED, HARD, OURS, RECIPIENT, SOFT, dragonfly

ALL = [
    pytest.param(raw, hard, delayed, id=f"{group}: {name}")
    for group, samples, hard, delayed in (
        ("hard", HARD, True, False),
        ("soft", SOFT, False, False),
        ("delayed", DELAYED, False, True),
    )
    for name, raw in samples.items()
]


@pytest.mark.parametrize(("raw", "hard", "delayed"), ALL)
def test_a_report_says_who_how_and_about_which_mail(raw: bytes, hard: bool, delayed: bool) -> None:
    read = parse(raw)
    assert read.kind is InboundKind.BOUNCE
    assert read.bounce is not None
    assert (read.bounce.hard, read.bounce.delayed) == (hard, delayed)
    assert read.bounce.recipients == (RECIPIENT,)
    assert read.bounce.original_message_id == OURS
    assert read.bounce.diagnostic


def test_a_daemon_without_an_address_is_known_by_its_name_and_its_bounce_by_the_mail_it_gives_back() -> None:
    read = parse(dragonfly("550 5.7.26 Unauthenticated email is not accepted: DMARC policy"))
    assert read.kind is InboundKind.BOUNCE
    assert read.bounce is not None
    assert (read.bounce.hard, read.bounce.status) == (False, "5.7.26")
    assert read.bounce.original_message_id == OURS


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.1", ""), ("5.1.2", "x"), ("5.1.6", ""), ("5.1.10", "anything"), (None, "user unknown"),
        ("5.0.0", "550 unknown user account"), ("5.2.1", "The account has been disabled"), ("5.5.0", "no such mailbox"),
        ("5.2.1", "The email account that you tried to reach is disabled."),
        (None, "Empfänger unbekannt"), (None, "Utilisateur inconnu"), (None, "domain not found"),
    ],
)  # fmt: skip
def test_an_address_that_is_gone_is_hard(status: str | None, words: str) -> None:
    assert is_gone(status, words)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("4.1.1", "user unknown"), (None, ""), ("5.0.0", ""), ("5.2.2", "full"), ("5.2.1", ""),
        ("5.7.1", "user unknown in policy"),
        ("5.1.1", "greylisted, try again later"), ("5.1.8", "sender address rejected: domain not found"),
        (None, "Ihr Postfach ist voll"), ("5.7.1", "relaying denied"),
    ],
)  # fmt: skip
def test_what_may_pass_or_is_about_us_is_not_hard(status: str | None, words: str) -> None:
    assert not is_gone(status, words)


def test_the_status_is_found_in_words_and_not_in_addresses_or_versions() -> None:
    assert status_in("550-5.7.26 no") == "5.7.26"
    assert status_in("host 192.5.1.1 said no") is None
    assert status_in("v5.1.1.2") is None


def test_the_original_is_found_where_a_report_gives_its_headers_only() -> None:
    headers = message_from_bytes(HARD["exchange"])
    assert original_message_id(headers) == OURS
    assert delivery_status(headers) is not None
