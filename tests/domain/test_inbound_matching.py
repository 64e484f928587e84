"""Subjects of replies and forwards, in the prefixes that programs write."""

import pytest

from domain.incoming.inbound_matching import same_thread, topic
from domain.profiles.free_mail import is_free_mail


@pytest.mark.parametrize(
    "subject",
    ["Hello there", "Re: hello there", "RE:Hello  there", "Fwd: Re: Hello there", "AW: WG: Hello there",
     "Re[3]: Hello there",
     "SV: Hello there", "回复：Hello there"],
)  # fmt: skip
def test_prefixes_case_and_blanks_say_nothing(subject: str) -> None:
    assert topic(subject) == "hello there"


def test_words_before_a_colon_are_a_programs() -> None:
    assert same_thread("Automatic reply: Hello there", "Hello there")
    assert same_thread("Abwesenheitsnotiz: Re: Hello", "Re: Hello")
    assert not same_thread("I said hello there", "Hello there")
    assert not same_thread("Re: Hello", "Hello there")
    assert not same_thread("Re:", "")
    assert not same_thread(None, None)


@pytest.mark.parametrize("domain", ["gmail.com", "yahoo.fr", "yahoo.co.uk", "gmx.at", "qq.com", "mail.ru", "web.de"])
def test_the_well_known_are_free(domain: str) -> None:
    assert is_free_mail(domain)


def test_a_workspace_adds_its_own() -> None:
    assert not is_free_mail("isp.example")
    assert is_free_mail("isp.example", ["@ISP.example"])
    assert not is_free_mail("mail.gmail.com.example")
