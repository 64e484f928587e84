# ruff: noqa: E501
"""What comes in: complaints, reports, automatic answers and people, and nothing that makes the reader fail."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.bounce_samples import DELAYED, HARD, OURS, RECIPIENT, SOFT


def mail(text: str = "Yes, let us talk.", *, subject: str = "Re: Hello", **headers: str) -> bytes:
    """A mail of a person; headers with ``_`` for ``-`` come on top."""
    usual = {"From": f"Bob <{RECIPIENT.upper()}>", "Message-ID": "<r@contact.example>", "In-Reply-To": OURS}
    fields = {**usual, "Subject": subject, **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def kind(raw: bytes) -> InboundKind:
    return parse(raw).kind


def test_a_reply_is_read_with_its_thread() -> None:
    read = parse(mail(References=f"<0@x.example> {OURS}"))
    assert (read.kind, read.message_id, read.in_reply_to) == (InboundKind.REPLY, "<r@contact.example>", (OURS,))
    assert read.references == ("<0@x.example>", OURS)
    assert (read.from_address, read.subject, read.text) == (RECIPIENT, "Re: Hello", "Yes, let us talk.")


AUTO_SUBJECTS = [
    "Automatic reply: Hello", "Out of Office", "Out of the office until Monday", "Autoreply: x", "[Auto-Reply] x",
    "Automatische Antwort: Hallo", "Abwesenheitsnotiz: Hallo", "Réponse automatique : Bonjour", "Absence du bureau",
    "Respuesta automática: Hola", "Fuera de la oficina", "Risposta automatica: Ciao", "Resposta automática: Olá",
    "Automatisch antwoord: Hallo", "Odpowiedź automatyczna: Cześć", "Autosvar: Hej", "Automatiskt svar: Hej",
    "Automatická odpověď: Ahoj", "Automaattinen vastaus: Hei", "Автоматический ответ: Привет", "自動応答: こんにちは",
    "自动答复: 你好", "Otomatik Yanıt: Merhaba",
]  # fmt: skip


@pytest.mark.parametrize("subject", AUTO_SUBJECTS)
def test_the_subject_of_an_automatic_answer_tells_it_in_many_languages(subject: str) -> None:
    assert kind(mail(subject=subject)) is InboundKind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated (rejected)"}, {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"}, {"X_Autorespond": "x"},
    ],
)  # fmt: skip
def test_the_headers_of_an_automatic_answer_tell_it(headers: dict[str, str]) -> None:
    assert kind(mail(**headers)) is InboundKind.AUTO_REPLY


@pytest.mark.parametrize(
    "raw",
    [
        mail("I was out of office, sorry. This is not an automatic reply."),
        mail("Did you see this?\r\n\r\n> 550 5.1.1 User unknown\r\n> Undelivered Mail Returned to Sender"),
        mail(HARD["qmail"].decode()),
        mail(subject="Re: Automatic reply: Hello"),
        mail(subject="Re: Undelivered Mail Returned to Sender"),
        mail(subject="Undeliverable: Hello"),
        mail(Auto_Submitted="no"),
        mail(X_Auto_Response_Suppress="All"),
        mail(Return_Path="<>", X_Auto_Response_Suppress="All"),
        mail(Precedence="bulk"),
        mail(From="Bob <no-reply@contact.example>"),
        mail(From="Jo Postmaster <jo.postmaster@contact.example>", subject="failure notice"),
    ],
    ids=range(12),
)
def test_a_person_stays_a_person_whatever_is_quoted_or_said(raw: bytes) -> None:
    assert kind(raw) is InboundKind.REPLY


def forwarding(attached: bytes) -> bytes:
    head = (
        f"From: {RECIPIENT}\r\nSubject: Fwd: it came back\r\nIn-Reply-To: {OURS}\r\nMessage-ID: <f@contact.example>\r\n"
    )
    return (
        f'{head}Content-Type: multipart/mixed; boundary="F"\r\n\r\n--F\r\n\r\nLook, this came back.\r\n--F\r\n'
        "Content-Type: message/rfc822\r\n\r\n"
    ).encode() + attached + b"\r\n--F--\r\n"  # fmt: skip


@pytest.mark.parametrize("attached", [HARD["postfix"], DELAYED["gmail"], SOFT["exchange quota"]])
def test_a_person_who_forwards_a_bounce_as_an_attachment_is_no_bounce(attached: bytes) -> None:
    read = parse(forwarding(attached))
    assert (read.kind, read.bounce, read.text) == (InboundKind.REPLY, None, "Look, this came back.")


def complaint(feedback_type: str = "abuse") -> bytes:
    return f"""From: feedback@isp.example
To: ann@sender.example
Subject: FW: Hello
Content-Type: multipart/report; report-type=feedback-report; boundary="A"

--A
Content-Type: text/plain

This is an email abuse report.
--A
Content-Type: message/feedback-report

Feedback-Type: {feedback_type}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{RECIPIENT}>

--A
Content-Type: message/rfc822

From: ann@sender.example
Message-ID: {OURS}

Hi
--A--
""".replace("\n", "\r\n").encode()


def test_a_complaint_names_the_mail_and_its_recipient() -> None:
    read = parse(complaint())
    assert read.kind is InboundKind.COMPLAINT
    assert read.complaint is not None
    assert (read.complaint.recipients, read.complaint.original_message_id) == ((RECIPIENT,), OURS)


def test_a_report_that_a_mail_is_no_spam_or_of_authentication_is_no_complaint() -> None:
    for feedback_type in ("not-spam", "auth-failure"):
        assert kind(complaint(feedback_type)) is not InboundKind.COMPLAINT


def test_a_complaint_that_a_person_forwards_is_no_complaint() -> None:
    assert kind(forwarding(complaint())) is InboundKind.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "Yes please.\r\n\r\nOn Mon, 23 Nov 2026 at 09:00, Ann <ann@sender.example> wrote:\r\n> Hi Bob\r\n> Buy?",
        "Yes please.\r\n\r\nAm 23.11.2026 um 09:00 schrieb Ann <ann@sender.example>:\r\n> Hallo Bob",
        "Yes please.\r\n\r\nLe lun. 23 nov. 2026 à 09:00, Ann <ann@sender.example> a écrit :\r\n> Salut",
        "Yes please.\r\n\r\n-- \r\nBob Builder\r\n+1 555 0100",
        "Yes please.\r\n\r\n> On a line of the quote",
        "Yes please.\r\n\r\nFrom: Ann <ann@sender.example>\r\nSent: Monday, 23 November 2026 09:00\r\n"
        "To: Bob <bob@contact.example>\r\nSubject: Hello\r\n\r\nHi Bob",
    ],
    ids=["gmail", "german", "french", "signature", "quote", "outlook"],
)
def test_the_text_of_a_reply_is_its_authors_own(text: str) -> None:
    assert parse(mail(text)).text == "Yes please."


def test_the_text_of_a_reply_in_html_is_read_too() -> None:
    raw = mail("<p>Yes&nbsp;please</p><script>x</script>").replace(b"text/plain", b"text/html")
    assert parse(raw).text.replace("\xa0", " ") == "Yes please"


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\x00" * 100, b"no header here\r\n\r\nx"])
def test_what_is_no_mail_is_unparseable(raw: bytes) -> None:
    assert kind(raw) is InboundKind.UNPARSEABLE


@given(st.binary(max_size=500))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    parse(raw)
    read = parse(b"Subject: " + raw)
    read.text.encode()
    read.subject.encode()


REAL = [*HARD.values(), *SOFT.values(), *DELAYED.values(), complaint(), mail(), forwarding(complaint())]


@settings(max_examples=150)
@given(st.sampled_from(REAL), st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=6)), max_size=8))
def test_no_mutated_mail_makes_it_fail(raw: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, octets in changes:
        raw = raw[:place] + octets + raw[place + len(octets) // 2 :]
    read = parse(raw)
    assert (read.bounce is not None) == (read.kind is InboundKind.BOUNCE)
    assert (read.complaint is not None) == (read.kind is InboundKind.COMPLAINT)


@pytest.mark.parametrize(
    "raw",
    [
        mail(From="(" * 20_000),
        mail(subject="=?utf-8?q?" * 5_000),
        mail(References="<" * 50_000),
        mail("> " * 20_000),
        mail("On " * 10_000 + "wrote:"),
        mail("From: " * 5_000),
        mail("\n" * 20_000),
        mail("-" * 20_000),
        mail("a " * 10_000),
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n' * 3_000,
        mail("<div>" * 20_000).replace(b"text/plain", b"text/html"),
        mail("550 " * 10_000, From="mailer-daemon@x.example", subject="failure notice"),
        mail("user " * 10_000, From="mailer-daemon@x.example", subject="failure notice"),
    ],
    ids=range(13),
)
def test_hostile_mail_takes_no_longer_than_other_mail(raw: bytes) -> None:
    begun = time.process_time()
    parse(raw)
    assert time.process_time() - begun < 2


TOKEN = "AZ-_b9" * 6 + "xY"


@pytest.mark.parametrize(
    "headers",
    [
        {"subject": f"unsubscribe {TOKEN}"}, {"subject": f"Unsubscribe {TOKEN}"}, {"subject": f"UNSUBSCRIBE  {TOKEN}"},
        {"subject": f"Re: unsubscribe {TOKEN}"}, {"subject": f"[EXT] unsubscribe: {TOKEN} "},
        {"subject": "Hello", "To": f"<ann+{TOKEN}@sender.example>"}, {"subject": "", "Delivered_To": f"ann+{TOKEN}@sender.example"},
        {"subject": f"unsubscribe {TOKEN}", "Auto_Submitted": "auto-generated"},
    ],
    ids=range(8),
)  # fmt: skip
def test_a_mail_to_the_unsubscribe_address_has_its_token(headers: dict[str, str]) -> None:
    read = parse(mail("", **headers))
    assert read.unsubscribes == TOKEN
    assert read.kind in {InboundKind.REPLY, InboundKind.AUTO_REPLY}


@pytest.mark.parametrize(
    "subject", ["unsubscribe", f"unsubscribe {TOKEN}x", f"unsubscribe {TOKEN[1:]}", f"about {TOKEN}"]
)
def test_another_mail_has_no_token(subject: str) -> None:
    assert parse(mail(subject=subject)).unsubscribes is None


def test_the_addresses_that_a_mail_came_to_are_all_there_once_and_in_lower_case() -> None:
    raw = mail(
        To="Ann <Ann@Sender.example>, jo@sender.example", Cc="ann@sender.example", Delivered_To="box@sender.example"
    )
    both = b"X-Original-To: alias@sender.example\r\n" + raw
    assert parse(both).recipients == (
        "ann@sender.example",
        "jo@sender.example",
        "box@sender.example",
        "alias@sender.example",
    )


@pytest.mark.parametrize(
    "sender",
    [
        "bob@x.example <bob@x.example>",
        "Bob, Jr <bob@x.example>",
        "Bob [EXT] <bob@x.example>",
        '"Bob" <bob@x.example> (x)',
        "bob@x.example (Bob)",
    ],
)
def test_a_sender_is_found_whatever_the_name_beside_it(sender: str) -> None:
    raw = f"From: {sender}\r\nTo: ann@y.example\r\nSubject: Re: Hello\r\n\r\nYes, let us talk.\r\n"
    inbound = parse(raw.encode())
    assert (inbound.from_address, inbound.recipients) == ("bob@x.example", ("ann@y.example",))
