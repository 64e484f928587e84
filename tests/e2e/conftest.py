"""The whole product as processes, as `opendoors dev` runs them."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import imap_tools
import pytest
import pytest_asyncio
from pydantic import SecretStr

from db.statistics import Drift
from embedded.dev import DevServices, services
from recount_command import recount
from settings import Settings

PATIENCE_SECONDS = 30
"""How long a test waits for real processes before it fails; no rule depends on it."""


@dataclass(frozen=True, slots=True)
class Product:
    """The running product, a client with its key, and what people do around it."""

    running: DevServices
    home: Path
    http: httpx2.AsyncClient

    async def post(self, path: str, body: object = None, **how: Any) -> Any:
        """POST and the answer's body; anything but success fails the test with the problem."""
        answer = await self.http.post(path, json=body if body is not None else {}, **how)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, **parameters: Any) -> Any:
        answer = await self.http.get(path, params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    async def until(self, path: str, fits: Callable[[Any], bool]) -> Any:
        """What ``path`` answers, as soon as it fits; an API that was killed is waited for."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with suppress(httpx2.TransportError):
                    if fits(body := await self.get(path)):
                        return body
                await asyncio.sleep(0.1)

    async def make_mailbox(self) -> dict[str, Any]:
        """A mailbox that sends to and is read from the mail server, without gaps."""
        address = f"ann.{uuid4().hex[:8]}@sender.example"
        server = {"smtp_host": self.running.smtp_host, "smtp_port": self.running.smtp_port, "smtp_security": "none"}
        login = {"imap_security": "none", "imap_username": address, "imap_password": self.running.mail_password}
        inbox = {"imap_host": self.running.imap_host, "imap_port": self.running.imap_port, **login}
        limits = {"min_gap_seconds": 0, "daily_limit": 100_000}
        return dict(
            await self.post("/api/email-accounts", {"email": address, "from_name": "Ann", **server, **inbox, **limits})
        )

    async def make_contacts(self, number: int, domain: str = "prospect.example") -> list[dict[str, Any]]:
        contacts = [{"email": f"{uuid4().hex[:12]}@{domain}", "first_name": "Grace"} for _ in range(number)]
        answer = await self.post("/api/contacts/bulk", {"contacts": contacts})
        return [{"id": row["contact_id"], "email": row["email"]} for row in answer["results"]]

    async def make_sequence(self, mailbox: dict[str, Any], steps: list[dict[str, Any]]) -> str:
        """An active sequence that sends at all hours; its id."""
        body = {
            "name": "Welcome",
            "default_email_account_id": mailbox["id"],
            "sending_days": [True] * 7,
            "throttle_delay_minutes": 0,
            "max_emails_per_day": 100_000,
            "steps": steps,
        }
        sequence = await self.post("/api/sequences", body)
        await self.post(f"/api/sequences/{sequence['id']}/activate")
        return str(sequence["id"])

    async def drift(self) -> Sequence[Drift]:
        """The statistics that a recount of the rows finds different."""
        return await recount(Settings(database_url=SecretStr(self.running.database_url)))

    def inbox(self, address: str) -> list[Message]:
        """What lies in a mailbox of the mail server."""
        with imap_tools.MailBoxUnencrypted(self.running.imap_host, self.running.imap_port) as box:
            box.login(address, self.running.mail_password)
            return [one.obj for one in box.fetch(mark_seen=False)]

    async def until_mail(self, address: str, number: int = 1) -> list[Message]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(mail := await asyncio.to_thread(self.inbox, address)) < number:
                await asyncio.sleep(0.1)
            return mail

    def reply(self, message: Message, text: str) -> None:
        """Answer ``message`` as its recipient, as a mail program does."""
        ours = message["Message-ID"]
        raw = (
            f"From: {message['To']}\r\nTo: {message['From']}\r\nSubject: Re: {message['Subject']}\r\n"
            f"Message-ID: <{uuid4().hex}@prospect.example>\r\nIn-Reply-To: {ours}\r\nReferences: {ours}\r\n"
            f"\r\n{text}\r\n"
        )
        answer = message_from_bytes(raw.encode())
        with smtplib.SMTP(self.running.smtp_host, self.running.smtp_port) as client:
            client.send_message(answer)


@pytest_asyncio.fixture(scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    home = tmp_path_factory.mktemp("home")
    environment = {"OPENDOORS_IMAP_POLL_SECONDS": "0.3", "OPENDOORS_RECONCILE_SECONDS": "1"}
    async with services(home, api_port=0, environment=environment) as running:
        headers = {"Authorization": f"Bearer {running.api_key}"}
        async with httpx2.AsyncClient(base_url=running.api_url, headers=headers, timeout=30) as http:
            yield Product(running, home, http)
