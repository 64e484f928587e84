"""What clients that open emails and follow links call themselves, and the networks that scanners work in."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_Networks = Mapping[str, tuple[IPv4Network | IPv6Network, ...]]
_KEPT = 4096
"""Clients whose answers are remembered."""


def _networks(written: Mapping[str, str]) -> _Networks:
    return {reason: tuple(ip_network(one) for one in blocks.split()) for reason, blocks in written.items()}


APPLE_MPP = "Mozilla/5.0"
"""All that Mail Privacy Protection says of itself; it fetches every image whether the email is read or not."""
_IMAGE_PROXY = re.compile(r"GoogleImageProxy|ggpht\.com|YahooMailProxy", re.IGNORECASE)
_PROGRAM = re.compile(r"^Mozilla/\d|^Opera/\d|Outlook|Thunderbird|CFNetwork|AirMail|Spark|^Mail/|eM ?Client", re.I)
"""Browsers and mail programs."""

_AGENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE))
    for reason, pattern in (
        ("microsoft_safe_links", r"safelinks|microsoft.?defender|office existence discovery|office protocol discovery"),
        ("barracuda", r"barracuda|\bbsfa\b"),
        ("proofpoint", r"proofpoint|urldefense"),
        ("mimecast", r"mimecast"),
        ("cisco", r"ironport|cisco|opendns|umbrella"),
        ("symantec", r"symantec|messagelabs|skeptic"),
        ("trend_micro", r"trend ?micro|\btmase\b|\btmufe\b"),
        ("google_safety", r"google-safety|google-safebrowsing|google web preview|google-inspectiontool"),
        (
            "scanner",
            r"sophos|fortinet|fortiguard|fortisandbox|fireeye|forcepoint|websense|zscaler|vade ?secure|avanan|cloudmark"
            r"|hornetsecurity|check ?point|perception.?point|urlscan|virustotal|phish|kaspersky|bitdefender|trellix"
            r"|mcafee|netcraft|ironscales|abnormal ?security|spamexperts|mailguard|trustwave|cyren",
        ),
        (
            "preview",
            r"slack|twitterbot|facebookexternalhit|facebot|linkedinbot|whatsapp|telegrambot|discordbot"
            r"|skypeuripreview|bingpreview|microsoftpreview|embedly|redditbot|pinterest|iframely|mattermost|viber",
        ),
        # Cubot makes telephones.
        ("crawler", r"(?<!cu)bots?\b|crawl|spider|slurp|scrapy|mediapartners-google|monitoring|uptime"),
        ("headless", r"headless|phantomjs|puppeteer|playwright|selenium|webdriver|electron-prerender"),
        (
            "tool",
            r"^curl|^wget|libcurl|python|aiohttp|httpx|go-http-client|^java|okhttp|apache-httpclient|libwww|lwp::"
            r"|^ruby|faraday|guzzle|^php|axios|node-fetch|undici|^node\b|^got\b|powershell|winhttp|^http_?client|reqwest",
        ),
    )
)
"""What scanners, previews and programs call themselves, by the reason that is kept."""

_SCANNER_NETWORKS = _networks(
    {
        # Microsoft 365, endpoint set 10: Exchange Online Protection.
        "microsoft_safe_links": "40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 104.47.0.0/17 2a01:111:f400::/48 "
        "2a01:111:f403::/48",
        # The allocations to these companies at ARIN, RIPE and APNIC from which their mail gateways work.
        "barracuda": "64.235.144.0/20 209.222.80.0/21",
        "proofpoint": "67.231.144.0/20 148.163.128.0/19 205.220.160.0/19",
        "cisco": "68.232.128.0/19",
        "symantec": "67.219.240.0/20 85.158.136.0/21 195.245.230.0/23 216.82.240.0/20",
        "trend_micro": "150.70.0.0/16",
        # Apple's own /8 (IANA): no customer of it sits there.
        "apple": "17.0.0.0/8",
    }
)
"""Networks in which scanners work and nobody reads: a browser's name from there is a disguise."""

_DATA_CENTERS = _networks(
    {
        # Microsoft's allocations at ARIN that Azure uses: link scanners, but also people's virtual desktops.
        "microsoft_network": "13.64.0.0/11 40.74.0.0/15 40.76.0.0/14 40.80.0.0/12 40.96.0.0/12 40.112.0.0/13 "
        "52.145.0.0/16 52.146.0.0/15 52.148.0.0/14 52.152.0.0/13 52.160.0.0/11 104.40.0.0/13",
        # _netblocks.google.com (SPF).
        "google_network": "64.233.160.0/19 66.102.0.0/20 66.249.80.0/20 72.14.192.0/18 74.125.0.0/16 "
        "173.194.0.0/16 209.85.128.0/17 216.239.32.0/19",
    }
)
"""Networks of servers, in which a browser may still be a person's."""


@lru_cache(maxsize=_KEPT)
def named(agent: str) -> str | None:
    """The kind of machine that a client says it is; None when it names none."""
    return next((reason for reason, pattern in _AGENTS if pattern.search(agent)), None)


def image_proxy(agent: str) -> str | None:
    """The provider whose proxy fetches images in place of its users: ``gmail`` or ``yahoo``."""
    proxy = _IMAGE_PROXY.search(agent)
    if proxy is None:
        return None
    return "yahoo" if proxy[0].lower().startswith("yahoo") else "gmail"


def is_program(agent: str) -> bool:
    """Whether it is what a browser or a mail program calls itself."""
    return _PROGRAM.search(agent) is not None


@lru_cache(maxsize=_KEPT)
def scanner_network(ip: str) -> str | None:
    """Whose scanners work at the address."""
    return _network(ip, _SCANNER_NETWORKS)


@lru_cache(maxsize=_KEPT)
def data_center(ip: str) -> str | None:
    """Whose servers have the address."""
    return _network(ip, _DATA_CENTERS)


@lru_cache(maxsize=_KEPT)
def is_global(ip: str) -> bool:
    """Whether the address is one on the internet."""
    try:
        return ip_address(ip).is_global
    except ValueError:
        return False


def _network(ip: str, networks: _Networks) -> str | None:
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    return next((reason for reason, blocks in networks.items() if any(address in block for block in blocks)), None)
