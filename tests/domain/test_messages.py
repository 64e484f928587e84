"""The bytes of an email: headers that stay whole, text that comes back, nothing that can be injected."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import getaddresses
from typing import cast
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.sending.messages import Draft, build, is_ours, message_id, reply_subject

URL = "https://open.example/u/token"
DRAFT = Draft(
    message_id="<1@sender.example>",
    from_name="Ann",
    from_address="ann@sender.example",
    to_address="bob@contact.example",
    to_name="Bob",
    subject="Hello",
    text="Hi Bob",
    html=None,
    unsubscribe_url=URL,
    date=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    postal_address="1 Main Street\nBrno",
)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
NAMES = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version",
    "Content-Type",
]  # fmt: skip


def parsed(draft: Draft) -> EmailMessage:
    return message_from_bytes(build(draft), policy=policy.default)


def head(draft: Draft) -> list[bytes]:
    return build(draft).partition(b"\r\n\r\n")[0].split(b"\r\n")


def parts(draft: Draft) -> tuple[str, str]:
    """The text and the HTML as a mail reader sees them, without the end of their last line."""
    text, html = (part.get_content() for part in cast("list[EmailMessage]", list(parsed(draft).iter_parts())))
    return text.replace("\r\n", "\n"), html.replace("\r\n", "\n")


def one_line(text: str) -> str:
    """What a header keeps of a text: control characters and ends of lines are spaces."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


def test_a_draft_is_a_multipart_with_text_first() -> None:
    mail = parsed(DRAFT)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [name for name, _ in mail.items()] == NAMES
    assert mail["Date"].datetime == DRAFT.date
    assert not any(part.defects for part in mail.walk())


@pytest.mark.parametrize("octets", [80, 400, 900])
def test_long_ids_and_addresses_stand_whole_on_lines_of_their_own(octets: int) -> None:
    ids = tuple(f"<{number}{'x' * (octets - 10)}@e.ex>" for number in range(8))
    url = URL + "x" * (octets - len(URL))
    lines = head(replace(DRAFT, message_id=ids[0], in_reply_to=ids[1], references=ids, unsubscribe_url=url))
    assert f"Message-ID: {ids[0]}".encode() in lines
    assert f"In-Reply-To: {ids[1]}".encode() in lines
    assert f"List-Unsubscribe: <{url}>".encode() in lines
    block = b"\r\n".join(lines)
    assert b"=?" not in block
    assert max(map(len, lines)) <= 998
    references = block.partition(b"References:")[2].partition(b"List-Unsubscribe:")[0]
    assert tuple(references.decode().split()) == ids


def test_short_references_stand_on_one_line() -> None:
    ids = tuple(f"<{number}.opendoors@sender.example>" for number in range(20))
    assert b"References: " + " ".join(ids).encode() in head(replace(DRAFT, references=ids))


def test_what_is_no_id_is_left_out_of_a_thread() -> None:
    mail = parsed(replace(DRAFT, in_reply_to="no id", references=("<a@b>", "<c\r\nBcc: x@y>", "<d é>")))
    assert "In-Reply-To" not in mail
    assert mail["References"] == "<a@b>"


@given(ANY)
@example("Ünïcode " * 40)
@example("=?utf-8?q?x?=")
@example("\U0001f600" * 200)
def test_any_subject_is_read_back(subject: str) -> None:
    draft = replace(DRAFT, subject=subject)
    assert str(parsed(draft)["Subject"]) == one_line(subject)
    if not one_line(subject).isascii():
        lines = [line for line in head(draft) if b"=?utf-8?B?" in line]
        assert lines
        assert max(map(len, lines)) <= 76


@given(ANY.map(lambda text: text[:200]))
@example('O\'Neil, "Bob" \\ (x) <y@z>')
@example("Zoë Ångström")
def test_any_name_is_read_back_and_the_address_stays(name: str) -> None:
    # The modern parser of Python 3.11 puts spaces between the encoded-words of a name, against RFC 2047 6.2.
    mail = message_from_bytes(build(replace(DRAFT, from_name=name, to_name=name)))
    for field, address in (("From", DRAFT.from_address), ("To", DRAFT.to_address)):
        [(phrase, read)] = getaddresses([str(mail[field])])
        assert read == address
        assert str(make_header(decode_header(phrase))).split() == one_line(name).split()


@pytest.mark.parametrize("name", ["Zoë", "Zoë Ångström", 'O\'Neil, "Bob" \\ (x) <y@z>', "Doe, John", "=?utf-8?q?x?="])
def test_a_name_of_usual_length_is_read_back_by_the_modern_parser(name: str) -> None:
    [mailbox] = cast("tuple[Address, ...]", parsed(replace(DRAFT, to_name=name))["To"].addresses)
    assert (mailbox.display_name, mailbox.addr_spec) == (name, DRAFT.to_address)


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\r\n\r\n"])
def test_nothing_in_a_name_or_subject_becomes_a_header_or_a_body(ending: str) -> None:
    sly = f"x{ending}Bcc: eve@evil.example{ending} y"
    for draft in (replace(DRAFT, subject=sly), replace(DRAFT, to_name=sly), replace(DRAFT, from_name=sly)):
        mail = parsed(draft)
        assert [name for name, _ in mail.items()] == NAMES
        assert len(list(mail.iter_parts())) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"from_address": "a@b\r\nBcc: c@d"},
        {"to_address": "a@b>,<c@d"}, {"to_address": "a,b@c"}, {"to_address": "a b@c"},
        {"to_address": "é@c.example"}, {"message_id": "<a\r\nb@c>"}, {"message_id": "a@b"},
        {"unsubscribe_url": "https://a/>,<https://b"}, {"unsubscribe_url": "https://a/\r\nBcc: x"},
        {"unsubscribe_mailto": "a@b>\r\nBcc: x"}, {"date": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"text": None},
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_header_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        build(replace(DRAFT, **change))  # type: ignore[arg-type]


@given(ANY)
@example("line\n" * 200 + "x" * 5000)
@example("From here\n.\n..\n.x\ntrailing  \n\ttab \n=3D soft=\n")
@example("é" * 3000)
@example("--=_\x00\x0c\u2028\x85")
def test_any_text_comes_back_with_one_footer_in_seven_bits_and_short_lines(body: str) -> None:
    raw = build(replace(DRAFT, text=body))
    assert raw.isascii()
    assert b"\x00" not in raw
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    text, html = parts(replace(DRAFT, text=body))
    footer = f"\n\n-- \n1 Main Street\nBrno\nUnsubscribe: {URL}"
    assert text.rstrip("\n") == re.sub("\r\n|\r", "\n", body).rstrip() + footer
    assert html.count(f'href="{URL}"') == 1


@given(ANY)
@example("<p>İİİİ</p>")
def test_any_html_comes_back_with_one_footer(words: str) -> None:
    clean = re.sub("[<>&\r]", " ", words)
    _, html = parts(replace(DRAFT, text="x", html=f"<html><body><p>{clean}</p></body></html>"))
    before, after = html.split('<p style="color:#777;font-size:12px">')
    assert before == f"<html><body><p>{clean}</p>"
    assert after.rstrip("\n").endswith("Unsubscribe</a></p>\n</body></html>")


def test_one_click_unsubscribing_is_offered_as_rfc_8058_asks() -> None:
    lines = head(replace(DRAFT, unsubscribe_mailto="stop@sender.example"))
    assert f"List-Unsubscribe: <{URL}>, <mailto:stop@sender.example>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert build(DRAFT) == build(replace(DRAFT))
    assert build(DRAFT) != build(replace(DRAFT, subject="Other"))


def test_a_body_cannot_end_its_part() -> None:
    boundary = re.search(rb'boundary="([^"]+)"', build(DRAFT))
    assert boundary is not None
    sly = replace(DRAFT, text=f"a\n--{boundary[1].decode()}--\nb")
    assert len(list(parsed(sly).iter_parts())) == 2
    assert "\nb\n" in parts(sly)[0]


def test_the_date_keeps_its_zone() -> None:
    east = replace(DRAFT, date=datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=5, minutes=30))))
    assert b"Date: Mon, 23 Nov 2026 09:00:00 +0530" in head(east)


@pytest.mark.parametrize("first", ["Hello", "Re: Hello", "RE: re : Hello ", "re:Hello"])
def test_a_reply_has_one_re(first: str) -> None:
    assert reply_subject(first) == "Re: Hello"


def test_a_message_id_is_that_of_its_send() -> None:
    id = UUID(int=7)
    assert message_id(id, "a.example") == message_id(id, "a.example") == f"<{id.hex}.opendoors@a.example>"
    assert is_ours(message_id(id, "a.example"))
    assert not is_ours("<theirs.opendoors@a.example>")
