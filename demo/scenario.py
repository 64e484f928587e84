"""What the demo sets up: 200 contacts, a mailbox, a sequence of five steps, and how fast its days pass."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.client import ApiError, Client, Row
from embedded.dev import DevServices

CONTACTS = Path(__file__).with_name("contacts.csv")
SENDER = "mara.lind@brightlane.example"
DAY_SECONDS = 86_400

FIRST_EMAIL, DELAY, CONDITIONAL, FOLLOW_UP, TASK = range(1, 6)
"""The orders of the five steps."""
FOLLOW_UP_DAYS = 3
"""Days from the first email to the follow-up: two of the delay step and one of its own."""
DECISION_MAKERS = ("director", "vp", "c_suite", "founder")

_STEPS: Sequence[Mapping[str, Any]] = (
    {
        "step_order": FIRST_EMAIL,
        "step_type": "email",
        "subject_template": "{{ contact.company_name }} and {{ contact.custom_fields.interest }}",
        "body_template": "Hello {{ contact.first_name }},\n\nteams like yours in {{ contact.city }} tell us that they "
        "want {{ contact.custom_fields.interest }}. May I show you how {{ contact.company_name }} could get there?\n\n"
        "{{ sender.name }}",
    },
    {"step_order": DELAY, "step_type": "delay", "delay_days": 2},
    {
        "step_order": CONDITIONAL,
        "step_type": "conditional",
        "conditions": {
            "operator": "AND",
            "conditions": [{"field": "seniority", "operator": "in", "value": list(DECISION_MAKERS)}],
            "on_false": {"go_to_step": TASK},
        },
    },
    {
        "step_order": FOLLOW_UP,
        "step_type": "email",
        "delay_days": 1,
        "body_template": "Hello {{ contact.first_name }},\n\nas {{ contact.job_title | default: 'a lead' }} you may "
        "decide this yourself: fifteen minutes this week?\n\n{{ sender.name }}",
    },
    {
        "step_order": TASK,
        "step_type": "task",
        "delay_days": 2,
        "task_title": "Call {{ contact.full_name }} of {{ contact.company_name }}",
        "task_due_days": 2,
    },
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a day of the sequence takes, in real seconds."""

    seconds_per_day: float = 6.0

    @property
    def time_scale(self) -> float:
        """Calendar seconds in a real one, as OPENDOORS_TIME_SCALE has it."""
        return DAY_SECONDS / self.seconds_per_day

    def seconds(self, days: float) -> float:
        """The real seconds that `days` last."""
        return days * self.seconds_per_day

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the embedded services; mailboxes are looked into six times a day."""
        return {
            "OPENDOORS_TIME_SCALE": str(self.time_scale),
            "OPENDOORS_IMAP_POLL_SECONDS": str(self.seconds(1 / 6)),
        }


def read_contacts(limit: int | None = None) -> list[dict[str, str]]:
    """The rows of contacts.csv, the first `limit` of them; the first 20 hold some of every kind."""
    with CONTACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[:limit]


def as_csv(contacts: Sequence[Mapping[str, str]]) -> str:
    """The contacts as a CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, contacts[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(contacts)
    return text.getvalue()


async def import_contacts(client: Client, contacts: Sequence[Mapping[str, str]]) -> list[str]:
    """Import the contacts; their ids. Raises `ApiError` when a row was not created."""
    answer = await client.post_csv("contacts/bulk", as_csv(contacts))
    wrong = [f"line {row['line']}: {row['reason']}" for row in answer["results"] if row["verdict"] != "created"]
    if wrong:
        raise ApiError(f"{len(wrong)} rows of contacts.csv were not imported: " + "; ".join(wrong[:5]))
    return [row["contact_id"] for row in answer["results"]]


async def create_mailbox(client: Client, services: DevServices) -> Row:
    """The mailbox that sends, on the embedded mail server, without gaps between its sends."""
    login = {"username": SENDER, "password": services.mail_password, "security": "none"}
    smtp = {"host": services.smtp_host, "port": services.smtp_port, **login}
    imap = {"host": services.imap_host, "port": services.imap_port, **login}
    fields = {
        "email": SENDER,
        "from_name": "Mara Lind",
        "daily_limit": 100_000,
        "min_gap_seconds": 0,
        **{f"smtp_{name}": value for name, value in smtp.items()},
        **{f"imap_{name}": value for name, value in imap.items()},
    }
    mailbox: Row = await client.post("email-accounts", fields)
    return mailbox


async def create_sequence(client: Client, mailbox: Row) -> Row:
    """The sequence of five steps, active; its window never closes."""
    sequence: Row = await client.post(
        "sequences",
        {
            "name": "Autumn outreach",
            "default_email_account_id": mailbox["id"],
            "sending_timezone": "Europe/Berlin",
            "use_contact_timezone": True,
            "sending_days": [True] * 7,
            "max_emails_per_day": 100_000,
            "throttle_delay_minutes": 0,
            "steps": _STEPS,
        },
    )
    return dict(await client.post(f"sequences/{sequence['id']}/activate"))


async def enroll(client: Client, sequence: Row, contact_ids: Sequence[str]) -> None:
    """Enroll the contacts. Raises `ApiError` when one was not."""
    answer = await client.post(f"sequences/{sequence['id']}/bulk-enroll", {"contact_ids": list(contact_ids)})
    wrong = [f"{row['contact_id']}: {row['verdict']}" for row in answer["results"] if row["verdict"] != "enrolled"]
    if wrong:
        raise ApiError(f"{len(wrong)} contacts were not enrolled: " + "; ".join(wrong[:5]))
