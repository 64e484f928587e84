"""Hunter, Clearbit, People Data Labs and ZoomInfo on 127.0.0.1, with answers of the documented form."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

VERIFICATION = {
    "data": {
        "status": "valid",
        "result": "deliverable",
        "score": 100,
        "email": "grace@acme.example",
        "regexp": True,
        "gibberish": False,
        "disposable": False,
        "webmail": False,
        "mx_records": True,
        "smtp_server": True,
        "smtp_check": True,
        "accept_all": False,
        "block": False,
        "sources": [],
    },
    "meta": {"params": {"email": "grace@acme.example"}},
}
DOMAIN_SEARCH = {
    "data": {
        "domain": "acme.example",
        "disposable": False,
        "webmail": False,
        "accept_all": False,
        "pattern": "{first}",
        "organization": "Acme",
        "industry": "Internet Software & Services",
        "headcount": "51-200",
        "country": "US",
        "state": "CA",
        "emails": [{"value": "someone@acme.example", "type": "personal", "confidence": 92, "first_name": "Someone"}],
    },
    "meta": {"results": 35, "limit": 1, "offset": 0, "params": {"domain": "acme.example"}},
}
COMBINED = {
    "person": {
        "id": "d54c54ad-40be-4305-8a34-0ab44710b90d",
        "name": {"fullName": "Grace Hopper", "givenName": "Grace", "familyName": "Hopper"},
        "email": "grace@acme.example",
        "location": "New York, NY, US",
        "timeZone": "America/New_York",
        "geo": {"city": "New York", "state": "New York", "stateCode": "NY", "country": "United States"},
        "employment": {
            "domain": "acme.example",
            "name": "Acme",
            "title": "Chief Technology Officer",
            "role": "engineering",
            "subRole": "software_engineer",
            "seniority": "executive",
        },
        "linkedin": {"handle": "in/gracehopper"},
        "twitter": {"handle": "gracehopper", "followers": 15248},
        "facebook": {"handle": None},
    },
    "company": {
        "name": "Acme",
        "legalName": "Acme Inc",
        "domain": "acme.example",
        "category": {
            "sector": "Information Technology",
            "industryGroup": "Software & Services",
            "industry": "Unheard-of",
        },
        "metrics": {"employees": 240, "employeesRange": "51-250"},
        "geo": {"city": "San Francisco"},
    },
}
PERSON = {
    "status": 200,
    "likelihood": 9,
    "data": {
        "first_name": "Grace",
        "last_name": "Hopper",
        "linkedin_url": "linkedin.com/in/gracehopper",
        "twitter_url": None,
        "facebook_url": None,
        "mobile_phone": True,
        "job_title": "Rear Admiral",
        "job_title_role": "operations",
        "job_title_levels": ["cxo"],
        "job_company_name": "Acme",
        "job_company_website": "acme.example",
        "job_company_size": "201-500",
        "job_company_industry": "computer software",
        "location_country": "United States",
        "location_region": "Virginia",
        "location_locality": "Arlington",
        "location_postal_code": None,
    },
}
ENRICHED = {
    "success": True,
    "data": {
        "outputFields": [["id", "firstname"]],
        "result": [
            {
                "input": {"emailaddress": "grace@acme.example"},
                "data": [
                    {
                        "id": 1033604247,
                        "firstName": "Grace",
                        "lastName": "Hopper",
                        "jobTitle": "Chief Technology Officer",
                        "jobFunction": [{"name": "Executive", "department": "C-Suite"}],
                        "managementLevel": ["C-Level"],
                        "phone": "(212) 555-0123",
                        "directPhoneDoNotCall": True,
                        "mobilePhone": "(212) 555-0199",
                        "mobilePhoneDoNotCall": False,
                        "city": "New York",
                        "state": "New York",
                        "zipCode": "10001",
                        "country": "United States",
                        "externalUrls": [{"type": "linkedin.com", "url": "https://www.linkedin.com/in/gracehopper"}],
                        "company": {
                            "id": 344589814,
                            "name": "Acme",
                            "website": "www.acme.example",
                            "employeeCount": 240,
                            "primaryIndustry": ["Software"],
                        },
                    }
                ],
                "matchStatus": "FULL_MATCH",
            }
        ],
    },
}
NO_MATCH = {"success": True, "data": {"result": [{"input": {}, "data": [], "matchStatus": "NO_MATCH"}]}}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


Answer = tuple[int, Any, Mapping[str, str]]


def documented(asked: Asked) -> Answer:
    """What the provider answers when all is well."""
    return (
        200,
        {
            "/email-verifier": VERIFICATION,
            "/domain-search": DOMAIN_SEARCH,
            "/combined/find": COMBINED,
            "/person/enrich": PERSON,
            "/authenticate": {"jwt": "header.payload.signature"},
            "/enrich/contact": ENRICHED,
        }[asked.path],
        {},
    )


@dataclass
class DataProviders:
    """What the server was asked, and what it answers; ``think_seconds`` pass before it does."""

    url: str
    answer: Callable[[Asked], Answer] = documented
    think_seconds: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def always(self, status: int, body: Any = None, **headers: str) -> None:
        """Answer everything so; ``Retry_After`` is the header Retry-After."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda asked: (status, body, named)


@contextmanager
def data_providers() -> Iterator[DataProviders]:
    """The server until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers, body)
            providers.asked.append(asked)
            status, content, more = providers.answer(asked)
            time.sleep(providers.think_seconds)
            text = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # A client that leaves in the middle is part of some tests.

    server = Server(("127.0.0.1", 0), Handler)
    providers = DataProviders(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield providers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
