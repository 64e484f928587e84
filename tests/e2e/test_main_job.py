"""The main job, from the API to the wire and back: send, reply, bounce, unsubscribe."""

import re
from typing import Any

from tests.e2e.conftest import Product

TWO_EMAILS: list[dict[str, Any]] = [
    {"step_type": "email", "subject_template": "Hello {{ contact.first_name }}", "body_template": "Shall we talk?"},
    {"step_type": "email", "body_template": "Did you see my mail?", "delay_days": 3},
]


async def test_a_reply_stops_the_enrollment_and_is_recorded(product: Product) -> None:
    mailbox = await product.make_mailbox()
    (contact,) = await product.make_contacts(1)
    sequence_id = await product.make_sequence(mailbox, TWO_EMAILS)
    # The watch must have begun: what lay in the mailbox before is nobody's reply.
    await product.until(f"/api/email-accounts/{mailbox['id']}", lambda one: one["last_polled_at"] is not None)
    enrolled = await product.post(f"/api/sequences/{sequence_id}/enroll", {"contact_ids": [contact["id"]]})
    path = f"/api/enrollments/{enrolled['results'][0]['enrollment_id']}"

    (mail,) = await product.until_mail(contact["email"])
    assert mail["Subject"] == "Hello Grace"
    product.reply(mail, "Yes, please call me.")
    enrollment = await product.until(path, lambda one: one["status"] != "active")

    assert (enrollment["status"], enrollment["completion_reason"]) == ("completed", "replied")
    activities = await product.get(f"/api/contacts/{contact['id']}/activities")
    assert {"sequence_enrolled", "email_sent", "email_replied"} <= {one["activity_type"] for one in activities["data"]}
    sequence = await product.get(f"/api/sequences/{sequence_id}")
    assert (sequence["total_sent"], sequence["total_replied"]) == (1, 1)
    assert await product.drift() == []


async def test_a_delivery_report_of_an_unknown_address_is_a_hard_bounce(product: Product) -> None:
    mailbox = await product.make_mailbox()
    await product.until(f"/api/email-accounts/{mailbox['id']}", lambda one: one["last_polled_at"] is not None)
    created = await product.post("/api/contacts", {"email": "dsn.nobody@prospect.example", "first_name": "Grace"})
    sequence_id = await product.make_sequence(mailbox, TWO_EMAILS)
    enrolled = await product.post(f"/api/sequences/{sequence_id}/enroll", {"contact_ids": [created["id"]]})

    path = f"/api/enrollments/{enrolled['results'][0]['enrollment_id']}"
    enrollment = await product.until(path, lambda one: one["status"] != "active")
    assert (enrollment["status"], enrollment["completion_reason"]) == ("bounced", "bounced")
    contact = await product.get(f"/api/contacts/{created['id']}")
    assert contact["status"] == "bounced"
    assert await product.drift() == []


async def test_the_unsubscribe_link_in_the_mail_works(product: Product) -> None:
    mailbox = await product.make_mailbox()
    (contact,) = await product.make_contacts(1)
    sequence_id = await product.make_sequence(mailbox, TWO_EMAILS)
    enrolled = await product.post(f"/api/sequences/{sequence_id}/enroll", {"contact_ids": [contact["id"]]})
    (mail,) = await product.until_mail(contact["email"])

    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.match(r"<(http://[^>]+/u/[^>]+)>", mail["List-Unsubscribe"])
    assert link is not None
    answer = await product.http.post(link[1], content="List-Unsubscribe=One-Click", headers={"Authorization": ""})
    assert answer.status_code == 200
    path = f"/api/enrollments/{enrolled['results'][0]['enrollment_id']}"
    enrollment = await product.until(path, lambda one: one["status"] != "active")
    assert enrollment["status"] == "unsubscribed"
    assert await product.drift() == []
