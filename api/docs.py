"""The page at /docs: every operation in plain HTML, so that it reads without a script from elsewhere."""

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.openapi import operations

router = APIRouter(include_in_schema=False)

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>OpenDoors API</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
details{border:1px solid #d0d7de;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f6f8fa;padding:.6rem;overflow:auto}
b.m{display:inline-block;width:4.5rem}h2{margin-top:2rem}</style>
<h1>OpenDoors API</h1>
<p>Send <code>Authorization: Bearer od_…</code>. The machine-readable document is
<a href="openapi.json">openapi.json</a>: any OpenAPI tool takes it.</p>
"""


@router.get("/docs", response_class=HTMLResponse)
async def docs_page(request: Request) -> HTMLResponse:
    """The operations by tag, each with its parameters, examples and errors."""
    by_tag: dict[str, list[str]] = {}
    for path, method, operation in operations(request.app.openapi()):
        tag = (operation.get("tags") or ["other"])[0]
        by_tag.setdefault(tag, []).append(_operation(path, method, operation))
    sections = (f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in by_tag.items())
    return HTMLResponse(_HEAD + "".join(sections), headers={"Content-Security-Policy": "style-src 'unsafe-inline'"})


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(one['name'])}</code> ({escape(one['in'])}) {escape(one.get('description', ''))}</li>"
        for one in operation.get("parameters", ())
    )
    answers = "".join(_content(f"Answer {status}", one) for status, one in operation["responses"].items())
    return (
        f'<details><summary><b class="m">{method.upper()}</b> <code>{escape(path)}</code> '
        f"{escape(operation.get('summary', ''))}</summary><p>{escape(operation.get('description', ''))}</p>"
        f"<ul>{parameters}</ul>{_content('Body', operation.get('requestBody', {}))}{answers}</details>"
    )


def _content(title: str, place: dict[str, Any]) -> str:
    shown = []
    for media_type, content in place.get("content", {}).items():
        example = content.get("example")
        text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
        shown.append(f"<p>{escape(title)}, <code>{escape(media_type)}</code></p><pre>{escape(text)}</pre>")
    return "".join(shown)
