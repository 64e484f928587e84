"""The webhooks of email providers, in the forms that they document, read into one.

Amazon SES, SendGrid, Mailgun, Postmark, SparkPost, Mailjet, and the one form itself.
"""

from collections.abc import Callable, Iterator, Mapping
from json import loads
from typing import Any

from domain.tracking.provider_events import Event, EventKind, Payload, address_of, ids_of, is_hard, moment_of


class UnreadableEvents(ValueError):
    """The body is not what the provider sends; the message is a sentence that says what is missing."""


def read(provider: str, body: bytes) -> list[Event]:
    """The events in a webhook's body. Raises ``UnreadableEvents``; ``provider`` is one of ``PROVIDERS``."""
    try:
        return list(_READERS[provider](loads(body)))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise UnreadableEvents(f"This is no webhook of {provider}: {type(error).__name__} {error}.") from None


# --- Amazon SES, by SNS ------------------------------------------------------------------------------------------

_SES = {
    "Delivery": EventKind.DELIVERED,
    "DeliveryDelay": EventKind.DEFERRED,
    "Bounce": EventKind.BOUNCED,
    "Complaint": EventKind.COMPLAINED,
    "Subscription": EventKind.UNSUBSCRIBED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
}
_SES_GONE = frozenset({"NoEmail"})


def _ses(body: Any) -> Iterator[Event]:
    """Notifications and event publishing, in the envelope of SNS or raw; SNS also asks to be confirmed."""
    if body.get("Type") == "SubscriptionConfirmation":
        at = moment_of(body["Timestamp"])
        yield Event(body["MessageId"], EventKind.OTHER, at, None, (), body, reason="open SubscribeURL to confirm")
        return
    message = loads(body["Message"]) if "Message" in body else body
    name = message.get("eventType") or message["notificationType"]
    mail = message["mail"]
    part = message.get(name[0].lower() + name[1:], {})
    kind = _SES.get(name, EventKind.OTHER)
    for index, (recipient, words, status) in enumerate(_ses_recipients(kind, part, mail)):
        said = part.get("bounceSubType") in _SES_GONE if part.get("bounceType") == "Permanent" else False
        yield Event(
            external_id=f"{part.get('feedbackId') or mail['messageId']}/{name}/{part.get('timestamp', '')}/{index}",
            kind=kind,
            occurred_at=moment_of(part.get("timestamp") or mail["timestamp"]),
            recipient=address_of(recipient),
            message_ids=_ses_ids(mail),
            payload=message,
            hard=is_hard(kind, words, status, said),
            reason=words or str(part.get("bounceSubType") or part.get("complaintFeedbackType") or ""),
            url=part.get("link"),
            ip_address=part.get("ipAddress"),
            user_agent=part.get("userAgent"),
        )


def _ses_recipients(kind: EventKind, part: Payload, mail: Payload) -> list[tuple[Any, str, str | None]]:
    if kind is EventKind.BOUNCED:
        recipients = part["bouncedRecipients"]
        return [(one["emailAddress"], one.get("diagnosticCode") or "", one.get("status")) for one in recipients]
    if kind is EventKind.COMPLAINED:
        return [(one["emailAddress"], "", None) for one in part["complainedRecipients"]]
    return [(recipient, "", None) for recipient in mail.get("destination") or [None]]


def _ses_ids(mail: Payload) -> tuple[str, ...]:
    """SES puts its own id in place of ours; the one that we gave is among the headers, where they are sent along."""
    region = (str(mail.get("sourceArn") or "").split(":") + [""] * 4)[3]
    hosts = {"email.amazonses.com", f"{region}.amazonses.com"} if region else {"email.amazonses.com"}
    named = [str(one.get("value")) for one in mail.get("headers") or [] if str(one.get("name")).lower() == "message-id"]
    named += [f"<{mail['messageId']}@{host}>" for host in sorted(hosts)]
    return ids_of(*named, mail.get("commonHeaders", {}).get("messageId"))


# --- SendGrid ----------------------------------------------------------------------------------------------------

_SENDGRID = {
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.BOUNCED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}


def _sendgrid(body: Any) -> Iterator[Event]:
    for one in _list(body):
        kind = _SENDGRID.get(one["event"], EventKind.OTHER)
        words = str(one.get("reason") or one.get("response") or "")
        yield Event(
            external_id=one["sg_event_id"],
            kind=kind,
            occurred_at=moment_of(one["timestamp"]),
            recipient=address_of(one.get("email")),
            message_ids=ids_of(one.get("smtp-id")),
            payload=one,
            hard=is_hard(kind, words, one.get("status"), False),
            reason=words,
            url=one.get("url"),
            ip_address=one.get("ip"),
            user_agent=one.get("useragent"),
            automatic=bool(one.get("sg_machine_open")),
        )


# --- Mailgun -----------------------------------------------------------------------------------------------------

_MAILGUN = {
    "delivered": EventKind.DELIVERED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "clicked": EventKind.CLICKED,
}


def _mailgun(body: Any) -> Iterator[Event]:
    one = body["event-data"]
    permanent = one.get("severity") == "permanent"
    kind = _MAILGUN.get(one["event"], EventKind.OTHER)
    if one["event"] == "failed":
        kind = EventKind.BOUNCED if permanent else EventKind.DEFERRED
    status = one.get("delivery-status") or {}
    words = str(status.get("message") or status.get("description") or "")
    client = one.get("client-info") or {}
    yield Event(
        external_id=one["id"],
        kind=kind,
        occurred_at=moment_of(one["timestamp"]),
        recipient=address_of(one.get("recipient")),
        message_ids=ids_of((one.get("message") or {}).get("headers", {}).get("message-id")),
        payload=one,
        hard=is_hard(kind, words, status.get("enhanced-code"), None),
        reason=words or str(one.get("reason") or ""),
        url=one.get("url"),
        ip_address=one.get("ip"),
        user_agent=client.get("user-agent"),
        automatic=bool(client.get("bot")),
    )


# --- Postmark ----------------------------------------------------------------------------------------------------

_POSTMARK = {
    "Delivery": EventKind.DELIVERED,
    "SpamComplaint": EventKind.COMPLAINED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
}
_POSTMARK_NO_BOUNCE = {
    "Transient": EventKind.DEFERRED,
    "Unsubscribe": EventKind.UNSUBSCRIBED,
    "Subscribe": EventKind.OTHER,
    "AutoResponder": EventKind.OTHER,
    "AddressChange": EventKind.OTHER,
    "ChallengeVerification": EventKind.OTHER,
    "SpamComplaint": EventKind.COMPLAINED,
}
"""Types of “bounces” that are none."""


def _postmark(body: Any) -> Iterator[Event]:
    record = body["RecordType"]
    kind = _POSTMARK.get(record, EventKind.OTHER)
    if record == "Bounce":
        kind = _POSTMARK_NO_BOUNCE.get(body["Type"], EventKind.BOUNCED)
    if record == "SubscriptionChange" and body.get("SuppressSending") and body.get("Origin") == "Recipient":
        kind = EventKind.UNSUBSCRIBED
    at = next(body[name] for name in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt") if body.get(name))
    words = str(body.get("Details") or body.get("Description") or "")
    gone = body.get("Type") in {"HardBounce", "BadEmailAddress"}
    yield Event(
        external_id=str(body.get("ID") or f"{body['MessageID']}/{record}/{at}"),
        kind=kind,
        occurred_at=moment_of(at),
        recipient=address_of(body.get("Email") or body.get("Recipient")),
        message_ids=ids_of(f"<{body['MessageID']}@mtasv.net>"),
        payload=body,
        hard=is_hard(kind, words, None, gone),
        reason=words,
        url=body.get("OriginalLink"),
        ip_address=(body.get("Geo") or {}).get("IP"),
        user_agent=body.get("UserAgent"),
    )


# --- SparkPost ---------------------------------------------------------------------------------------------------

_SPARKPOST = {
    "delivery": EventKind.DELIVERED,
    "delay": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "out_of_band": EventKind.BOUNCED,
    "policy_rejection": EventKind.BOUNCED,
    "spam_complaint": EventKind.COMPLAINED,
    "list_unsubscribe": EventKind.UNSUBSCRIBED,
    "link_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "initial_open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
_SPARKPOST_GONE = frozenset({"10", "30", "90"})
"""Bounce classes: invalid recipient, generic bounce of no recipient, unsubscribe."""


def _sparkpost(body: Any) -> Iterator[Event]:
    for wrapped in _list(body):
        one = next(iter(wrapped["msys"].values()), None)
        if one is None:  # SparkPost tries a webhook with an empty event.
            continue
        kind = _SPARKPOST.get(one["type"], EventKind.OTHER)
        words = str(one.get("raw_reason") or one.get("reason") or "")
        said = str(one.get("bounce_class")) in _SPARKPOST_GONE
        yield Event(
            external_id=str(one["event_id"]),
            kind=kind,
            occurred_at=moment_of(one["timestamp"]),
            recipient=address_of(one.get("rcpt_to") or one.get("raw_rcpt_to")),
            message_ids=ids_of((one.get("rcpt_meta") or {}).get("message_id"), one.get("message_id")),
            payload=one,
            hard=is_hard(kind, words, None, said),
            reason=words,
            url=one.get("target_link_url"),
            ip_address=one.get("ip_address") if kind in {EventKind.OPENED, EventKind.CLICKED} else None,
            user_agent=one.get("user_agent"),
            automatic=bool((one.get("user_agent_parsed") or {}).get("is_prefetched")),
        )


# --- Mailjet -----------------------------------------------------------------------------------------------------

_MAILJET = {
    "sent": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "blocked": EventKind.BOUNCED,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
_MAILJET_GONE = frozenset({"user unknown", "mailbox inactive", "invalid domain", "no mail host"})


def _mailjet(body: Any) -> Iterator[Event]:
    for one in body if isinstance(body, list) else [body]:
        kind = _MAILJET.get(one["event"], EventKind.OTHER)
        if one["event"] == "blocked" or (kind is EventKind.BOUNCED and not one.get("hard_bounce")):
            said = False
        else:
            said = one.get("error") in _MAILJET_GONE
        words = str(one.get("comment") or "")
        yield Event(
            external_id=f"{one.get('Message_GUID') or one['MessageID']}/{one['event']}/{one['time']}",
            kind=kind,
            occurred_at=moment_of(one["time"]),
            recipient=address_of(one.get("email")),
            message_ids=ids_of(one.get("CustomID")),
            payload=one,
            hard=is_hard(kind, words, None, said),
            reason=words or str(one.get("error") or ""),
            url=one.get("url"),
            ip_address=one.get("ip"),
            user_agent=one.get("agent"),
        )


# --- ours --------------------------------------------------------------------------------------------------------


def _own(body: Any) -> Iterator[Event]:
    """The normalised form itself, for providers that are not listed here."""
    for one in body["events"]:
        kind = EventKind(one["event"])
        words = str(one.get("reason") or "")
        hard = one.get("hard")
        if kind is EventKind.BOUNCED and hard is None:
            hard = is_hard(kind, words, None, None)
        yield Event(
            external_id=str(one["id"]),
            kind=kind,
            occurred_at=moment_of(one["occurred_at"]),
            recipient=address_of(one.get("recipient")),
            message_ids=ids_of(one.get("message_id")),
            payload=one,
            hard=bool(hard) and kind is EventKind.BOUNCED,
            reason=words,
            url=one.get("url"),
            ip_address=one.get("ip_address"),
            user_agent=one.get("user_agent"),
            automatic=bool(one.get("automatic")),
        )


def _list(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise TypeError("is no list of events")
    return body


_READERS: Mapping[str, Callable[[Any], Iterator[Event]]] = {
    "amazon-ses": _ses,
    "sendgrid": _sendgrid,
    "mailgun": _mailgun,
    "postmark": _postmark,
    "sparkpost": _sparkpost,
    "mailjet": _mailjet,
    "opendoors": _own,
}
PROVIDERS = tuple(_READERS)
"""The names by which webhooks are addressed."""
