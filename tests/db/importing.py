"""Imports of texts as files, done by their job's handler without Temporal."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import Row

from activities.contact_imports import import_contacts, undo_import
from activities.resources import Resources
from db import contact_imports, import_batches, import_undo, jobs
from db.jobs import Cancelled
from domain.importing.contact_imports import ImportOptions
from domain.importing.import_verdicts import RowVerdict
from domain.vocabulary import JobStatus
from settings import Settings
from tests.db.conftest import NOW, Scene
from worker import make_resources


@dataclass(frozen=True, slots=True)
class Importing:
    """Imports for the tenant of a scene."""

    scene: Scene
    resources: Resources

    async def begun(self, text: str, options: ImportOptions | None = None) -> Row[Any]:
        """The job of an import of a file that holds the text, taken up."""
        tenant = self.scene.tenant
        who = {"customer_id": tenant.customer_id, "user_id": tenant.user_id}
        async with self.scene.sessions.begin() as session:
            import_id = await contact_imports.create(
                session,
                customer_id=tenant.customer_id,
                workspace_id=tenant.workspace_id,
                user_id=tenant.user_id,
                file_name="contacts.csv",
                pieces=[text.encode()],
                told={},
                now=NOW,
            )
            chosen = options or ImportOptions()
            job = await contact_imports.start(session, import_id=import_id, options=chosen, now=NOW, **who)
            begun = await jobs.begin(session, job.id, now=NOW)
        assert begun is not None
        return begun

    async def imported(self, text: str, options: ImportOptions | None = None) -> tuple[UUID, Mapping[str, Any]]:
        """The id of the import of the text, which was done, and its result."""
        job = await self.begun(text, options)
        result = await import_contacts(self.resources, job)
        await self.end(job)
        return UUID(job.parameters["import_id"]), result

    async def undone(self, import_id: UUID) -> Mapping[str, Any]:
        """The result of undoing the import."""
        async with self.scene.sessions.begin() as session:
            tenant = self.scene.tenant
            row = await import_undo.request(
                session, customer_id=tenant.customer_id, import_id=import_id, user_id=tenant.user_id, now=NOW
            )
            job = await jobs.begin(session, row.id, now=NOW)
        assert job is not None
        result = await undo_import(self.resources, job)
        await self.end(job)
        return result

    async def again(self, job: Row[Any]) -> Row[Any]:
        """The job as the next try finds it."""
        async with self.scene.sessions.begin() as session:
            found = await jobs.begin(session, job.id, now=NOW)
        assert found is not None
        return found

    async def end(self, job: Row[Any]) -> None:
        async with self.scene.sessions.begin() as session:
            await jobs.end(session, job.id, JobStatus.COMPLETED, now=NOW)

    async def cancelled(self, job: Row[Any]) -> bool:
        """Whether the import ends by being cancelled."""
        try:
            await import_contacts(self.resources, job)
        except Cancelled:
            return True
        return False

    async def verdicts(self, import_id: UUID) -> list[RowVerdict]:
        """What became of the rows, in the order of the file."""
        batches = import_batches.verdicts(self.scene.sessions, import_id=import_id)
        return [row async for rows in batches for row in rows]

    async def list_named(self, name: str) -> UUID:
        """A new static list."""
        tenant, id = self.scene.tenant, uuid4()
        await self.scene.execute(
            """INSERT INTO contact_lists (id, customer_id, workspace_id, name, created_by)
               VALUES (:id, :customer_id, :workspace_id, :name, :user_id)""",
            id=id,
            name=name,
            workspace_id=tenant.workspace_id,
            user_id=tenant.user_id,
        )
        return id

    async def contact(self, email: str) -> Row[Any]:
        return await self.scene.one(
            "SELECT * FROM contacts WHERE customer_id = :customer_id AND email = :email", email=email
        )

    async def emails(self) -> list[str]:
        """The addresses of all contacts."""
        return await self.scene.column("SELECT email FROM contacts WHERE customer_id = :customer_id ORDER BY email")

    async def activities(self, kind: str) -> list[str]:
        """The addresses of the contacts with an activity of the kind, once for each."""
        return await self.scene.column(
            """SELECT email FROM contact_activities AS activity JOIN contacts AS contact ON contact.id = contact_id
               WHERE activity.customer_id = :customer_id AND activity_type = CAST(:kind AS activity_type_enum)
               ORDER BY email""",
            kind=kind,
        )


@pytest_asyncio.fixture
async def importing(scene: Scene) -> AsyncIterator[Importing]:
    """Imports on the scene's database, by the calendar's ``NOW``."""
    engine = scene.sessions.kw["bind"]
    settings = Settings(secret_key=SecretStr("0123456789abcdef"))
    resources = make_resources(settings, engine, clock=lambda: NOW)
    yield Importing(scene, resources)
    await resources.close()
