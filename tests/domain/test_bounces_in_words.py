"""Bounces told in words alone: by a title and a sentence in many languages, by mailing lists, of people who left."""

# ruff: noqa: E501  (what servers and people write is not broken)

from email import message_from_bytes

import pytest

from domain.incoming.bounces import bounce_of
from domain.incoming.inbound import parse
from domain.vocabulary import InboundKind
from tests.domain.mail.bounces.servers import BOB, head, plain

_POSTMASTER = "postmaster@contact.example"
_MACHINE = "Auto-Submitted: auto-generated\n"

# How Exchange says it, with the title, the sentence before the recipient and the one behind.
NOTICES = {
    "hu": ("Kézbesíthetetlen: Idea", "A kézbesítés a következő címzetteknek nem sikerült:", "A megadott e-mail-cím nem található. Ellenőrizze a címet.", True),
    "ro": ("Nelivrabil: Idea", "Livrarea nu a reușit pentru următorii destinatari:", "Adresa de e-mail introdusă nu a fost găsită.", True),
    "ro full": ("Nelivrabil: Idea", "Livrarea nu a reușit pentru următorii destinatari:", "Cutia poștală a destinatarului este plină.", False),
    "el": ("Δεν είναι δυνατή η παράδοση: Idea", "Η παράδοση απέτυχε στους ακόλουθους παραλήπτες:", "Η διεύθυνση που καταχωρίσατε δεν βρέθηκε.", True),
    "sk": ("Nedoručiteľné: Idea", "Doručenie nasledovným príjemcom zlyhalo:", "Zadaná e-mailová adresa sa nenašla.", True),
    "sl": ("Ni mogoče dostaviti: Idea", "Dostava tem prejemnikom ni uspela:", "Vnesenega e-poštnega naslova ni bilo mogoče najti.", True),
    "lt": ("Nepristatoma: Idea", "Nepavyko pristatyti šiems gavėjams:", "Įvestas el. pašto adresas nerastas.", True),
    "lv": ("Nepiegādājams: Idea", "Neizdevās piegādāt šiem adresātiem:", "Ievadītā e-pasta adrese netika atrasta.", True),
    "et": ("Kohaletoimetamatu: Idea", "Kohaletoimetamine järgmistele adressaatidele nurjus:", "Sisestatud meiliaadressi ei leitud.", True),
    "uk": ("Не вдалося доставити: Idea", "Не вдалося доставити повідомлення таким одержувачам:", "Введену адресу електронної пошти не знайдено.", True),
    "pl": ("Niedostarczalne: Idea", "Dostarczanie do następujących adresatów nie powiodło się:", "Nie można odnaleźć wprowadzonego adresu e-mail.", True),
    "th": ("ไม่สามารถส่งได้: Idea", "การส่งไปยังผู้รับเหล่านี้ล้มเหลว:", "ไม่พบที่อยู่อีเมลที่คุณใส่", True),
    "vi": ("Không thể gửi: Idea", "Không thể gửi đến những người nhận sau:", "Không tìm thấy địa chỉ email bạn đã nhập.", True),
}  # fmt: skip


@pytest.mark.parametrize(("title", "before", "behind", "hard"), NOTICES.values(), ids=NOTICES)
def test_a_servers_notice_is_read_in_its_language(title: str, before: str, behind: str, hard: bool) -> None:
    raw = plain(head(_POSTMASTER, title, _MACHINE), f"{before}\n\nBob Miller ({BOB})<mailto:{BOB}>\n{behind}\n")
    bounce = bounce_of(message_from_bytes(raw))
    assert bounce is not None
    assert (bounce.hard, bounce.delayed, bounce.recipients) == (hard, False, (BOB,))


@pytest.mark.parametrize(
    ("sender", "title", "words", "fields"),
    [
        ("list-owner@lists.contact.example", "Request to mailing list Info rejected",
         "Your request to the info@lists.contact.example mailing list\n\nhas been rejected by the list moderator.", "X-List-Administrivia: yes\nList-Id: <info.lists.contact.example>\n"),
        ("SYMPA <sympa@contact.example>", "Message rejected", "Your message for list sales was rejected; you are not allowed to send messages to this list.", ""),
        ("LISTSERV@LISTS.CONTACT.EXAMPLE", "Rejected posting", "You are not authorized to send mail to the STAFF list.", ""),
        ("staff+owner@lists.contact.example", "Post denied", "Your message was denied because only subscribers may post.", ""),
    ],
)  # fmt: skip
def test_a_mailing_list_that_refuses_is_a_soft_bounce(sender: str, title: str, words: str, fields: str) -> None:
    bounce = bounce_of(message_from_bytes(plain(head(sender, title, fields), words)))
    assert bounce is not None
    assert (bounce.hard, bounce.delayed) == (False, False)


@pytest.mark.parametrize(
    "words",
    [
        f"contact has left the company. The mailbox {BOB} has been closed and your message was not delivered.",
        f"Der Mitarbeiter ist nicht mehr in unserem Unternehmen tätig. Das Postfach {BOB} wurde geschlossen.",
        f"La persona ya no trabaja en la empresa. La cuenta {BOB} ha sido dada de baja.",
        f"Cette personne a quitté la société. L'adresse {BOB} n'existe plus.",
    ],
)
def test_that_somebody_left_is_a_hard_bounce_from_the_server_and_an_automatic_answer_from_a_person(words: str) -> None:
    from_server = parse(plain(head(_POSTMASTER, "Notice", _MACHINE), words))
    assert from_server.bounce is not None
    assert from_server.bounce.hard
    assert parse(plain(head(f"Bob <{BOB}>", "Notice", _MACHINE), words)).kind is InboundKind.AUTO_REPLY


def test_an_address_that_the_reader_is_sent_to_is_no_recipient() -> None:
    words = f"{BOB} no longer works here. Your message was not delivered. Please contact jo@contact.example instead."
    bounce = bounce_of(message_from_bytes(plain(head(_POSTMASTER, "Mailbox closed", _MACHINE), words)))
    assert bounce is not None
    assert bounce.recipients == (BOB,)


@pytest.mark.parametrize(
    ("sender", "title", "words"),
    [
        ("Bob <bob@contact.example>", "Unzustellbar", "Hallo Ann, die Mail an eva@contact.example kam zurück, nicht zugestellt.\nBob"),
        ("Anna Post <anna.post@contact.example>", "Message not delivered?", "Hello, my message to you was not delivered: 550 5.7.1 blocked.\nAnna"),
        ("Postmaster <postmaster@contact.example>", "Undeliverable mail", "Hi Ann,\n\nyour mails to eva@contact.example bounce. Call me.\n\nBest regards\nJoe"),
        ("Postmaster <postmaster@contact.example>", "Re: Unzustellbar: Idea", "Die Nachricht wurde nicht zugestellt, 550 5.1.1, ich sehe nach.\nJoe"),
    ],
)  # fmt: skip
def test_a_person_without_a_return_path_is_no_mail_server(sender: str, title: str, words: str) -> None:
    assert bounce_of(message_from_bytes(plain(head(sender, title), words))) is None


@pytest.mark.parametrize(
    ("sender", "title", "words"),
    [
        ("DHL <noreply@courier.example>", "Zustellung fehlgeschlagen", "Wir konnten Ihr Paket nicht zustellen."),
        (
            "Bob <bob@contact.example>",
            "Automatic reply: Idea",
            "I am no longer with Contact. Mail to jo@contact.example.",
        ),
        ("postmaster@contact.example", "Automatic reply: abuse", "Thank you for writing to the postmaster."),
    ],
)
def test_other_automatic_mail_is_no_bounce(sender: str, title: str, words: str) -> None:
    assert bounce_of(message_from_bytes(plain(head(sender, title, _MACHINE), words))) is None


@pytest.mark.parametrize("program", ["Mozilla Thunderbird", "iPhone Mail (22A3354)", "Microsoft Outlook 16.0"])
def test_what_was_written_in_a_mail_program_is_a_persons_whatever_their_name(program: str) -> None:
    raw = (
        "From: Bob Bounce <bounce@trampoline.example>\n"
        "Return-Path: <bounce@trampoline.example>\n"
        f"Subject: Delivery failed\nX-Mailer: {program}\n\n"
        "We tried to deliver the trampoline and nobody was home. When can we come again?\n"
    )
    assert bounce_of(message_from_bytes(raw.encode())) is None
    assert bounce_of(message_from_bytes(raw.replace("X-Mailer", "X-Other").encode())) is not None
