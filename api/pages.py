"""The few pages that people see who follow a link in an email: no script, no cookie, nothing of the contact."""

from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""Of every answer to a link in an email: kept by nobody, listed by nobody, and its token told to nobody."""

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


def page(status: int, title: str, sentence: str, *, asks: bool = False) -> HTMLResponse:
    """A page of one sentence; one that ``asks`` has the button that unsubscribes."""
    html = _TEMPLATES.get_template("unsubscribe.html").render(title=title, sentence=sentence, asks=asks)
    return HTMLResponse(html, status, {**HEADERS, "Content-Security-Policy": _POLICY})
