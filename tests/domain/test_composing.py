"""Composing a send: templates filled for the contact, threads, and what stops it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.sending.composing import compose
from domain.sending.messages import Draft, build
from domain.sending.templates import MissingVariable, TemplateProblem

ID = UUID("00000000-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GRACE = {
    "email": "grace@prospect.example",
    "first_name": "Grace",
    "full_name": "Grace Hopper",
    "custom_fields": {"x": "X1"},
}
THREAD = ("<one@sender.example>", "<two@sender.example>")


def draft(subject: str | None = "Hello", body: str = "Hi {{ contact.first_name }}", **changes: Any) -> Draft:
    given: dict[str, Any] = {
        "id": ID,
        "contact": GRACE,
        "sender_name": "Ann",
        "sender_email": "ann@sender.example",
        "sequence_name": "Welcome",
        "subject_template": subject,
        "body_template": body,
        "thread_ids": (),
        "thread_subject": None,
        "unsubscribe_url": "https://open.example/u/token",
        "unsubscribe_mailto": "ann@sender.example?subject=unsubscribe%20token",
        "postal_address": "1 Main Street",
        "date": NOW,
    }
    return compose(**{**given, **changes})


def test_the_message_id_is_made_from_the_claim_and_the_senders_domain() -> None:
    assert draft().message_id == f"<{ID.hex}.opendoors@sender.example>"


def test_every_variable_of_the_product_is_filled() -> None:
    body = (
        "{{ contact.first_name }} {{ contact.custom_fields.x }} {{ sender.name }} {{ sender.email }} "
        "{{ sequence.name }} {{ unsubscribe_url }}"
    )
    text = draft(body=body).text
    assert text is not None
    assert text.split() == ["Grace", "X1", "Ann", "ann@sender.example", "Welcome", "https://open.example/u/token"]


def test_the_subject_is_a_template_too() -> None:
    assert draft("For {{ contact.first_name }}").subject == "For Grace"


def test_the_first_email_begins_a_thread() -> None:
    first = draft()
    assert (first.in_reply_to, first.references, first.subject) == (None, (), "Hello")


@pytest.mark.parametrize("subject", [None, "", "  "])
def test_an_email_without_a_subject_goes_on_in_the_thread(subject: str | None) -> None:
    follow_up = draft(subject, thread_ids=THREAD, thread_subject="Hello")
    assert follow_up.subject == "Re: Hello"
    assert follow_up.in_reply_to == THREAD[-1]
    assert follow_up.references == THREAD


def test_an_email_with_a_subject_begins_a_thread_of_its_own() -> None:
    own = draft("News", thread_ids=THREAD, thread_subject="Hello")
    assert (own.in_reply_to, own.references, own.subject) == (None, (), "News")


@pytest.mark.parametrize("where", ["subject", "body"])
def test_a_variable_without_a_value_or_a_default_stops_the_send(where: str) -> None:
    with pytest.raises(MissingVariable) as raised:
        draft(**{where: "Hi {{ contact.job_title }}"})
    assert raised.value.names == ("contact.job_title",)
    filled = draft(body='Hi {{ contact.job_title | default: "you" }}').text
    assert filled is not None
    assert filled.strip() == "Hi you"


def test_a_broken_template_stops_the_send() -> None:
    with pytest.raises(TemplateProblem):
        draft(body="{% if %}")


def test_what_a_contact_is_called_is_never_a_template() -> None:
    sly = draft(contact={**GRACE, "first_name": "{{ sender.email }}{% if %}"})
    assert sly.text is not None
    assert "{{ sender.email }}{% if %}" in sly.text


def test_what_a_contact_is_called_is_never_markup() -> None:
    sly = draft(body="<p>Hi {{ contact.first_name }}</p>", contact={**GRACE, "first_name": "<script>x</script>"})
    assert sly.html is not None
    assert "<script>" not in sly.html
    assert "&lt;script&gt;" in sly.html


def test_a_body_of_text_and_one_of_html_both_give_both_parts() -> None:
    for body in ("Hi there", "<p>Hi there</p>"):
        made = draft(body=body)
        assert made.text is not None
        assert made.html is not None
        assert "Hi there" in made.text
        assert "Hi there" in made.html


def test_it_goes_to_the_contact_by_name_where_there_is_one() -> None:
    assert (draft().to_address, draft().to_name) == ("grace@prospect.example", "Grace Hopper")
    assert draft(contact={"email": "x@y.example", "first_name": "X"}).to_name is None


def test_mail_programs_may_unsubscribe_by_post_or_by_mail() -> None:
    lines = build(draft()).decode().split("\r\n")
    (listed,) = [line for line in lines if line.startswith("List-Unsubscribe:")]
    assert listed == (
        "List-Unsubscribe: <https://open.example/u/token>, <mailto:ann@sender.example?subject=unsubscribe%20token>"
    )
