# ruff: noqa: E501
"""Mail that is broken or hostile: no exception, and no more time than other mail takes."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.mail import automatic, people

MAILS = [raw for _, raw, _ in people.replies()][::23] + [raw for _, raw in automatic.answers()][::41]
HEAD = b"From: bob@contact.example\r\nSubject: Re: Hello\r\nMessage-ID: <r@contact.example>\r\n"


def seconds(raw: bytes) -> float:
    begun = time.process_time()
    parse(raw)
    return time.process_time() - begun


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MAILS), st.integers(0, 3_000))
def test_no_mail_that_is_cut_off_makes_it_fail(raw: bytes, end: int) -> None:
    read = parse(raw[:end])
    read.text.encode()
    assert read.kind in InboundKind


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MAILS), st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=8)), max_size=8))
def test_no_mail_with_foreign_octets_makes_it_fail(raw: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, octets in changes:
        raw = raw[:place] + octets + raw[place + len(octets) :]
    read = parse(raw)
    read.subject.encode()
    assert (read.absent_until is None) or read.kind is InboundKind.AUTO_REPLY


@pytest.mark.parametrize(
    "charset", ["utf-16", "x-unknown", "utf-7", "", "\x00", "iso-2022-jp", "idna", "hex", "gb2312", "us-ascii"]
)
@pytest.mark.parametrize("body", [b"Ja, gr\xfc\xdfe", "Ja, grüße".encode(), b"\xff\xfe\x00", b"\x1b$B"])
def test_no_wrong_charset_makes_it_fail(charset: str, body: bytes) -> None:
    raw = HEAD + b'Content-Type: text/plain; charset="%s"\r\n\r\n%s' % (charset.encode(), body)
    read = parse(raw)
    assert read.kind is InboundKind.REPLY
    assert read.text.encode() is not None


def nested(levels: int) -> bytes:
    parts = [b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(levels)]
    return HEAD + b"".join(parts) + b"Content-Type: text/plain\r\n\r\nYes.\r\n"


HUGE = {
    "a thousand levels of parts": nested(1_000),
    "ten megabytes of text": HEAD + b"\r\n" + b"All work and no play. " * 450_000,
    "ten megabytes in one line": HEAD + b"\r\n" + b"x" * 10_000_000,
    "ten megabytes of HTML": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<p>All work</p>" * 600_000,
    "ten megabytes of base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QWxsIHdvcmsK" * 800_000,
    "ten megabytes of quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=41" * 3_000_000,
    "a hundred thousand headers": b"X-A: b\r\n" * 100_000 + HEAD + b"\r\nYes.",
    "one long header": b"Subject: " + b"a" * 5_000_000 + b"\r\n\r\nYes.",
    "one header of many lines": b"Subject: a" + b"\r\n b" * 500_000 + b"\r\n\r\nYes.",
    "many recipients": b"To: " + b"bob@contact.example, " * 100_000 + b"\r\n\r\nYes.",
    "many references": b"References: " + b"<a@b.example> " * 100_000 + b"\r\n\r\nYes.",
    "a from of brackets": b"From: " + b"<(" * 100_000 + b"\r\n\r\nYes.",
    "ten thousand parts": HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n" * 10_000,
    "ten thousand attached mails": HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\n" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_no_size_takes_long(name: str) -> None:
    assert seconds(HUGE[name]) < 3
