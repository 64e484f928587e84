"""Webhooks of email providers, as they document them, read into one form."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.tracking.provider_events import Event, EventKind
from domain.tracking.provider_webhooks import PROVIDERS, UnreadableEvents, read

OURS = "<0198c0de0000700080000000000000a1.opendoors@customer.example>"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECONDS = int(AT.timestamp())


def one(provider: str, body: Any) -> Event:
    (event,) = read(provider, json.dumps(body).encode())
    return event


# --- Amazon SES ------------------------------------------------------------------------------------------------------

SES_MAIL = {
    "timestamp": "2026-11-23T08:59:58.000Z",
    "messageId": "0102018c0de-abc-000000",
    "source": "ann@customer.example",
    "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/customer.example",
    "destination": ["Bob@prospect.example"],
    "headers": [{"name": "Message-ID", "value": OURS}],
}


def ses(kind: str, **part: Any) -> Any:
    message = {"eventType": kind, "mail": SES_MAIL, kind[0].lower() + kind[1:]: {"timestamp": AT.isoformat(), **part}}
    return {"Type": "Notification", "MessageId": "sns-1", "Message": json.dumps(message)}


def ses_bounce(words: str, *, kind: str = "Permanent", sub: str = "General", status: str | None = "5.1.1") -> Event:
    recipient = {"emailAddress": "bob@prospect.example", "diagnosticCode": words, "status": status}
    return one(
        "amazon-ses",
        ses("Bounce", bounceType=kind, bounceSubType=sub, bouncedRecipients=[recipient], feedbackId="f-1"),
    )


def test_a_bounce_of_ses_has_its_recipient_ids_and_words() -> None:
    event = ses_bounce("smtp; 550 5.1.1 user unknown")
    assert (event.kind, event.recipient, event.occurred_at) == (EventKind.BOUNCED, "bob@prospect.example", AT)
    assert event.message_ids == (
        OURS,
        "<0102018c0de-abc-000000@email.amazonses.com>",
        "<0102018c0de-abc-000000@eu-west-1.amazonses.com>",
    )
    assert (event.hard, event.reason) == (True, "smtp; 550 5.1.1 user unknown")


@pytest.mark.parametrize(
    ("words", "kind", "sub", "status", "hard"),
    [
        ("smtp; 552 5.2.2 mailbox full", "Permanent", "General", "5.2.2", False),
        ("smtp; 550 5.7.1 blocked by policy", "Permanent", "General", "5.7.1", False),
        ("", "Permanent", "NoEmail", None, True),
        ("", "Permanent", "Suppressed", None, False),
        ("", "Transient", "NoEmail", None, False),
    ],
)
def test_the_servers_words_say_whether_a_bounce_is_hard_else_the_provider(
    words: str, kind: str, sub: str, status: str | None, hard: bool
) -> None:
    assert ses_bounce(words, kind=kind, sub=sub, status=status).hard is hard


def test_a_bounce_of_several_recipients_is_an_event_for_each() -> None:
    recipients = [{"emailAddress": f"{name}@prospect.example", "status": "5.1.1"} for name in ("bob", "eve")]
    body = ses("Bounce", bounceType="Permanent", bouncedRecipients=recipients, feedbackId="f-1")
    events = read("amazon-ses", json.dumps(body).encode())
    assert [event.recipient for event in events] == ["bob@prospect.example", "eve@prospect.example"]
    assert len({event.external_id for event in events}) == 2


def test_other_events_of_ses() -> None:
    complaint = one("amazon-ses", ses("Complaint", complainedRecipients=[{"emailAddress": "bob@prospect.example"}]))
    opened = one("amazon-ses", ses("Open", userAgent="Mozilla/5.0", ipAddress="192.0.2.1"))
    clicked = one("amazon-ses", ses("Click", link="https://customer.example/a?b=c", ipAddress="192.0.2.1"))
    assert (complaint.kind, complaint.recipient) == (EventKind.COMPLAINED, "bob@prospect.example")
    assert (opened.kind, opened.user_agent, opened.ip_address) == (EventKind.OPENED, "Mozilla/5.0", "192.0.2.1")
    assert (clicked.kind, clicked.url) == (EventKind.CLICKED, "https://customer.example/a?b=c")
    assert one("amazon-ses", ses("Delivery", smtpResponse="250 ok")).kind is EventKind.DELIVERED
    assert one("amazon-ses", ses("DeliveryDelay")).kind is EventKind.DEFERRED


def test_sns_asks_to_be_confirmed_and_that_is_kept_for_a_person() -> None:
    body = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "sns-0",
        "Timestamp": AT.isoformat(),
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
    }
    event = one("amazon-ses", body)
    assert (event.kind, event.payload["SubscribeURL"]) == (EventKind.OTHER, body["SubscribeURL"])


# --- the others ------------------------------------------------------------------------------------------------------


def sendgrid(event: str, **fields: Any) -> Any:
    base = {"email": "bob@prospect.example", "timestamp": SECONDS, "smtp-id": OURS, "sg_event_id": "sg-1"}
    return [base | {"event": event} | fields]


def mailgun(event: str, **fields: Any) -> Any:
    base = {"id": "mg-1", "timestamp": float(SECONDS), "recipient": "bob@prospect.example"}
    return {"event-data": base | {"message": {"headers": {"message-id": OURS[1:-1]}}, "event": event} | fields}


def postmark(record: str, **fields: Any) -> Any:
    return {"RecordType": record, "MessageID": "883953f4", "Recipient": "bob@prospect.example"} | fields


def sparkpost(wrapper: str, kind: str, **fields: Any) -> Any:
    base = {"event_id": "sp-1", "timestamp": str(SECONDS), "rcpt_to": "bob@prospect.example"}
    return [{"msys": {wrapper: base | {"type": kind, "rcpt_meta": {"message_id": OURS}} | fields}}]


def mailjet(event: str, **fields: Any) -> Any:
    base = {"time": SECONDS, "MessageID": 194, "Message_GUID": "mj-1", "email": "bob@prospect.example"}
    return [base | {"event": event, "CustomID": OURS} | fields]


GONE = "550 5.1.1 The email account that you tried to reach does not exist"
FULL = "552 5.2.2 The mailbox is full"
BOUNCES = [
    ("sendgrid", sendgrid("bounce", type="bounce", status="5.1.1", reason=GONE), True),
    ("sendgrid", sendgrid("bounce", type="blocked", reason="554 5.7.1 listed at a blocklist"), False),
    ("sendgrid", sendgrid("dropped", reason="Bounced Address"), False),
    ("mailgun", mailgun("failed", severity="permanent", **{"delivery-status": {"message": GONE}}), True),
    ("mailgun", mailgun("failed", severity="permanent", **{"delivery-status": {"message": FULL}}), False),
    ("postmark", postmark("Bounce", ID=42, Type="HardBounce", Details=GONE, BouncedAt=AT.isoformat()), True),
    ("postmark", postmark("Bounce", ID=42, Type="SoftBounce", Details=FULL, BouncedAt=AT.isoformat()), False),
    ("sparkpost", sparkpost("message_event", "bounce", bounce_class="10", raw_reason=GONE), True),
    ("sparkpost", sparkpost("message_event", "bounce", bounce_class="22", raw_reason=FULL), False),
    ("mailjet", mailjet("bounce", hard_bounce=True, error="user unknown", comment=""), True),
    ("mailjet", mailjet("bounce", hard_bounce=False, error="mailbox full", comment=""), False),
    ("mailjet", mailjet("blocked", error="preblocked", comment=""), False),
]


@pytest.mark.parametrize(("provider", "body", "hard"), BOUNCES)
def test_bounces_of_every_provider(provider: str, body: Any, hard: bool) -> None:
    event = one(provider, body)
    assert (event.kind, event.hard) == (EventKind.BOUNCED, hard)
    assert (event.recipient, event.occurred_at) == ("bob@prospect.example", AT)


@pytest.mark.parametrize(
    ("provider", "body"),
    [(provider, body) for provider, body, _ in BOUNCES if provider != "postmark"],
)
def test_the_mail_is_known_by_our_message_id(provider: str, body: Any) -> None:
    assert one(provider, body).message_ids == (OURS,)


def test_postmark_puts_its_own_id_in_place_of_ours() -> None:
    assert one("postmark", postmark("Delivery", DeliveredAt=AT.isoformat())).message_ids == ("<883953f4@mtasv.net>",)


@pytest.mark.parametrize(
    ("provider", "body", "kind"),
    [
        ("sendgrid", sendgrid("delivered", response="250 ok"), EventKind.DELIVERED),
        ("sendgrid", sendgrid("deferred", response="451 later"), EventKind.DEFERRED),
        ("sendgrid", sendgrid("spamreport"), EventKind.COMPLAINED),
        ("sendgrid", sendgrid("group_unsubscribe"), EventKind.UNSUBSCRIBED),
        ("sendgrid", sendgrid("processed"), EventKind.OTHER),
        ("mailgun", mailgun("failed", severity="temporary"), EventKind.DEFERRED),
        ("mailgun", mailgun("complained"), EventKind.COMPLAINED),
        ("mailgun", mailgun("unsubscribed"), EventKind.UNSUBSCRIBED),
        ("postmark", postmark("Bounce", Type="Transient", BouncedAt=AT.isoformat()), EventKind.DEFERRED),
        ("postmark", postmark("Bounce", Type="AutoResponder", BouncedAt=AT.isoformat()), EventKind.OTHER),
        ("postmark", postmark("SpamComplaint", BouncedAt=AT.isoformat()), EventKind.COMPLAINED),
        (
            "postmark",
            postmark("SubscriptionChange", SuppressSending=True, Origin="Recipient", ChangedAt=AT.isoformat()),
            EventKind.UNSUBSCRIBED,
        ),
        ("sparkpost", sparkpost("message_event", "delay"), EventKind.DEFERRED),
        ("sparkpost", sparkpost("unsubscribe_event", "list_unsubscribe"), EventKind.UNSUBSCRIBED),
        ("mailjet", mailjet("unsub"), EventKind.UNSUBSCRIBED),
        ("mailjet", mailjet("spam"), EventKind.COMPLAINED),
    ],
)
def test_what_else_they_report(provider: str, body: Any, kind: EventKind) -> None:
    event = one(provider, body)
    assert (event.kind, event.hard) == (kind, False)


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("sendgrid", sendgrid("open", sg_machine_open=True)),
        ("mailgun", mailgun("opened", **{"client-info": {"bot": "apple"}})),
        ("sparkpost", sparkpost("track_event", "open", user_agent_parsed={"is_prefetched": True})),
    ],
)
def test_opens_that_the_provider_takes_for_a_machines_are_told_apart(provider: str, body: Any) -> None:
    event = one(provider, body)
    assert (event.kind, event.automatic) == (EventKind.OPENED, True)


def test_sparkpost_tries_a_webhook_with_an_empty_event() -> None:
    assert read("sparkpost", b'[{"msys": {}}]') == []


def test_the_form_itself_may_be_posted() -> None:
    body = {
        "events": [{"id": 7, "event": "bounced", "occurred_at": AT.isoformat(), "message_id": OURS, "reason": GONE}]
    }
    event = one("opendoors", body)
    assert (event.external_id, event.kind, event.hard, event.message_ids) == ("7", EventKind.BOUNCED, True, (OURS,))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"7", b"{}", b'"text"', b"[null]", b"[[]]", b"\xff", b'{"events": [{}]}']
)
def test_a_body_that_is_something_else_is_refused(provider: str, body: bytes) -> None:
    with pytest.raises(UnreadableEvents, match=f"no webhook of {provider}"):
        read(provider, body)
