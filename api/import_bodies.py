"""What the endpoints of imports take and give."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from activities.table_files import TableFormat
from api.schemas import Body, Read, ShortText
from domain.importing.contact_imports import FileOptions, ImportOptions, ImportState, OnConflict

Delimiter = Annotated[str, StringConstraints(min_length=1, max_length=1)]
Mapping = Annotated[dict[str, str | None], Field(max_length=200)]


class ImportStart(Body):
    """What the import is to do; what is left out is as the file tells."""

    mapping: Mapping | None = Field(
        default=None,
        examples=[{"E-mail": "email", "Name": "full_name", "Plan": "custom_fields.plan", "Notes": None}],
        description="For each header of the file the field of contacts, `full_name` or `custom_fields.<name>`; a "
        "header that is left out or null is not imported. Without it: as guessed",
    )
    on_conflict: OnConflict = Field(default=OnConflict.SKIP, description="What happens with a known address")
    dry_run: bool = Field(default=False, description="Only find out what it would do")
    list_id: UUID | None = Field(default=None, examples=[None], description="Every row's contact joins this list")
    format: TableFormat | None = Field(default=None, examples=["csv"])
    encoding: ShortText | None = Field(default=None, examples=["windows-1252"])
    delimiter: Delimiter | None = Field(default=None, examples=[";"])
    sheet: ShortText | None = Field(default=None, examples=[None], description="The sheet of a workbook; the first")

    @property
    def file(self) -> FileOptions:
        """How the file is to be read."""
        return FileOptions(self.format, self.encoding, self.delimiter, self.sheet)

    def options(self, told: dict[str, Any]) -> ImportOptions:
        """The options for a file that told so of itself when it came."""
        if self.file == FileOptions():
            # As it was shown, and not as another version of the guess would have it.
            file = FileOptions(told["format"], told["encoding"], told["delimiter"])
            shown = {column["name"]: column["field"] for column in told["columns"] if column["name"]}
        else:
            file, shown = self.file, None
        mapping = shown if self.mapping is None else self.mapping
        return ImportOptions(mapping, self.on_conflict, self.dry_run, self.list_id, file)


class ColumnRead(BaseModel):
    """A column of the file and the field that it is taken for; null: it is not imported."""

    name: str = Field(examples=["E-mail"])
    field: str | None = Field(examples=["email"])


class FileTold(BaseModel):
    """What the file is, as far as it tells."""

    format: TableFormat
    encoding: str | None = Field(examples=["utf-8"])
    delimiter: str | None = Field(examples=[","])
    columns: list[ColumnRead]


class ChangedContact(Read):
    """A known contact that the import changed, or would change: only the fields that differ."""

    contact_id: UUID
    email: str = Field(examples=["bob@example.com"])
    before: dict[str, Any] = Field(examples=[{"job_title": "Buyer"}])
    after: dict[str, Any] = Field(examples=[{"job_title": "Head of Sales"}])


class ImportRead(Read):
    """An import and how it stands. The counts are those of its last run, which may have been a dry one."""

    id: UUID
    state: ImportState
    file_name: str | None = Field(examples=["contacts.csv"])
    size: int = Field(examples=[18_000_000], description="Bytes of the file")
    told: FileTold
    options: dict[str, Any] | None = Field(examples=[{"on_conflict": "skip"}], description="Those of the last run")
    job_id: UUID | None
    undo_job_id: UUID | None
    created: int = Field(examples=[190_000])
    updated: int = Field(examples=[0])
    skipped: int = Field(examples=[9_000])
    invalid: int = Field(examples=[1_000])
    error: str | None = Field(examples=[None])
    created_at: datetime
    created_by: UUID | None
    file_forgotten_at: datetime | None


class ImportDetail(ImportRead):
    """An import with some of what it changed."""

    changes: list[ChangedContact] = Field(description="Twenty at the most; all verdicts are in `rows.csv`")


class PreviewRow(BaseModel):
    """A row of the file as the contact that it would be, or what is wrong with it."""

    line: int = Field(examples=[2])
    contact: dict[str, Any] | None = Field(examples=[{"email": "bob@example.com", "first_name": "Bob"}])
    remark: str | None = Field(examples=[None], description="Why it is invalid, or what is kept unread")


class ImportCreated(ImportDetail):
    """An import that was uploaded, with its first rows."""

    preview: list[PreviewRow]
