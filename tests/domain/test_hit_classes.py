"""Who opened and clicked: each machine is told by what it calls itself, where it comes from or what it does."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.tracking.hit_classes import BURST, Hit, HitClass, HitKind, Surroundings, Verdict, classify
from domain.tracking.tracking import HONEYPOT

SENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = SENT + timedelta(hours=1)
SECOND = timedelta(seconds=1)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.14326; Pro)"
HOME, OFFICE = "84.128.10.20", "91.12.13.14"
ID = UUID("00000000-0000-7000-8000-000000000001")


def opened(agent: str = CHROME, *, at: datetime = LATER, ip: str | None = HOME, method: str = "GET") -> Hit:
    return Hit(HitKind.OPEN, ID, at, method, agent, ip)


def clicked(
    agent: str = CHROME,
    *,
    link: int = 1,
    at: datetime = LATER,
    ip: str | None = HOME,
    method: str = "GET",
    message: UUID = ID,
) -> Hit:
    return Hit(HitKind.CLICK, message, at, method, agent, ip, link)


def judge(hit: Hit, *others: Hit, sent_at: datetime | None = SENT) -> Verdict:
    return classify(hit, sent_at=sent_at, around=Surroundings([hit, *others]))


def machine(reason: str) -> Verdict:
    return Verdict(HitClass.MACHINE, reason)


# --- opens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hit", "verdict"),
    [
        (opened(), Verdict(HitClass.HUMAN, "mail_program")),
        (opened(OUTLOOK), Verdict(HitClass.HUMAN, "mail_program")),
        (opened("Mozilla/5.0"), machine("apple_mpp")),
        (opened("Mozilla/5.0", ip="104.28.30.40"), machine("apple_mpp")),
        (opened(GMAIL), Verdict(HitClass.HUMAN, "gmail_proxy")),
        (opened(GMAIL, ip="66.249.84.1"), Verdict(HitClass.HUMAN, "gmail_proxy")),
        (opened(GMAIL, at=SENT + 3 * SECOND), machine("gmail_prefetch")),
        (opened(YAHOO), Verdict(HitClass.HUMAN, "yahoo_proxy")),
        (opened(YAHOO, at=SENT + SECOND), machine("yahoo_prefetch")),
        (opened(ip="17.58.1.2"), machine("apple")),
        (opened(ip="40.94.30.1"), Verdict(HitClass.UNKNOWN, "microsoft_network")),
        (opened(ip=None), Verdict(HitClass.HUMAN, "mail_program")),
        (opened(ip="not an address"), Verdict(HitClass.HUMAN, "mail_program")),
        (opened(""), machine("no_user_agent")),
        (opened("  "), machine("no_user_agent")),
        (opened(method="HEAD"), machine("head")),
        (opened(GMAIL, method="HEAD"), machine("head")),
        (opened("SomethingNew/1.0"), Verdict(HitClass.UNKNOWN, "unfamiliar_user_agent")),
    ],
)
def test_an_open_is_judged_by_who_fetches_the_pixel(hit: Hit, verdict: Verdict) -> None:
    assert judge(hit) == verdict


# --- clicks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hit", "verdict"),
    [
        (clicked(), Verdict(HitClass.HUMAN, "browser")),
        (clicked("Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36"), Verdict(HitClass.HUMAN, "browser")),
        (clicked(method="HEAD"), machine("head")),
        (clicked(""), machine("no_user_agent")),
        (clicked("Mozilla/5.0"), machine("bare_user_agent")),
        (clicked("BarracudaCentral/1.0"), machine("barracuda")),
        (clicked(ip="64.235.150.1"), machine("barracuda")),
        (clicked(f"{CHROME} Proofpoint/URLDefense"), machine("proofpoint")),
        (clicked(ip="148.163.130.1"), machine("proofpoint")),
        (clicked("Mimecast-Scanner"), machine("mimecast")),
        (clicked("Cisco IronPort"), machine("cisco")),
        (clicked("Symantec Web Security"), machine("symantec")),
        (clicked("Mozilla/4.0 (compatible;MSIE 6.0; TrendMicro)"), machine("trend_micro")),
        (clicked(ip="150.70.1.1"), machine("trend_micro")),
        (clicked(f"{CHROME} (compatible; Google-Safety)"), machine("google_safety")),
        (clicked(ip="104.47.10.1"), machine("microsoft_safe_links")),
        (clicked(ip="2a01:111:f400:7e00::1"), machine("microsoft_safe_links")),
        (clicked("Microsoft Office Existence Discovery"), machine("microsoft_safe_links")),
        (clicked(ip="52.168.1.1"), Verdict(HitClass.UNKNOWN, "microsoft_network")),
        (clicked("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"), machine("preview")),
        (clicked("Twitterbot/1.0"), machine("preview")),
        (clicked("facebookexternalhit/1.1"), machine("preview")),
        (clicked("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), machine("crawler")),
        (clicked(CHROME.replace("Chrome", "HeadlessChrome")), machine("headless")),
        (clicked("curl/8.5.0"), machine("tool")),
        (clicked("python-requests/2.32"), machine("tool")),
        (clicked("Go-http-client/2.0"), machine("tool")),
        (clicked("Java/17.0.2"), machine("tool")),
        (clicked("okhttp/4.12.0"), machine("tool")),
        (clicked("SomethingNew/1.0"), Verdict(HitClass.UNKNOWN, "unfamiliar_user_agent")),
        (clicked(at=SENT + SECOND), machine("too_fast")),
        (clicked(at=SENT - SECOND), machine("too_fast")),
        (clicked(at=SENT + 2 * SECOND), Verdict(HitClass.HUMAN, "browser")),
        (clicked(link=HONEYPOT), machine("honeypot")),
    ],
)
def test_a_click_is_judged_by_who_follows_the_link(hit: Hit, verdict: Verdict) -> None:
    assert judge(hit) == verdict


def test_a_click_before_the_server_has_taken_the_email_is_a_machines() -> None:
    assert judge(clicked(), sent_at=None) == machine("too_fast")


@pytest.mark.parametrize("apart", [timedelta(0), 2 * SECOND, -2 * SECOND])
def test_two_links_within_two_seconds_are_a_machines(apart: timedelta) -> None:
    assert judge(clicked(), clicked(link=2, at=LATER + apart, ip=OFFICE)) == machine("many_links")


def test_links_one_after_the_other_and_one_link_twice_are_a_persons() -> None:
    human = Verdict(HitClass.HUMAN, "browser")
    assert judge(clicked(), clicked(link=2, at=LATER + 3 * SECOND)) == human
    assert judge(clicked(), clicked(at=LATER + SECOND)) == human
    assert judge(clicked(), clicked(link=2, message=uuid4())) == human


def test_whoever_follows_the_honeypot_link_is_a_machine_for_the_minute_around_it() -> None:
    for seconds in (-60, -5, 5, 60):
        trap = clicked(link=HONEYPOT, at=LATER + seconds * SECOND, ip=OFFICE)
        assert judge(clicked(), trap) == machine("honeypot")
    far = clicked(link=HONEYPOT, at=LATER + 61 * SECOND)
    assert judge(clicked(), far) == Verdict(HitClass.HUMAN, "browser")


def test_the_honeypot_of_one_email_tells_of_the_same_client_in_another() -> None:
    assert judge(clicked(), clicked(link=HONEYPOT, message=uuid4())) == machine("honeypot")
    elsewhere = clicked(link=HONEYPOT, message=uuid4(), ip=OFFICE)
    assert judge(clicked(), elsewhere) == Verdict(HitClass.HUMAN, "browser")


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.7", None])
def test_behind_a_proxy_that_is_not_trusted_all_clients_look_alike_and_are_told_apart_by_email(ip: str | None) -> None:
    other = clicked(link=HONEYPOT, message=uuid4(), ip=ip)
    assert judge(clicked(ip=ip), other) == Verdict(HitClass.HUMAN, "browser")


def test_a_get_that_a_head_announced_is_a_machines() -> None:
    head = clicked(method="HEAD", at=LATER - SECOND, ip=OFFICE)
    assert judge(clicked(), head) == machine("head_and_get")
    assert judge(clicked(), clicked(method="HEAD", at=LATER + SECOND)) == Verdict(HitClass.HUMAN, "browser")


def test_a_client_that_follows_links_of_many_emails_at_once_is_a_machine() -> None:
    others = [clicked(message=uuid4()) for _ in range(BURST - 1)]
    assert judge(clicked(), *others) == machine("many_emails")
    assert judge(clicked(), *others[1:]) == Verdict(HitClass.HUMAN, "browser")
