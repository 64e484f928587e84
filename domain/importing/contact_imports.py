"""What an import is told to do, and what it makes of the rows of a file before it asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from domain.vocabulary import ImportVerdict


class OnConflict(StrEnum):
    """What to do with a row whose address is a contact already."""

    SKIP = "skip"
    UPDATE = "update"
    FILL_EMPTY = "fill_empty"


class ImportState(StrEnum):
    """How an import stands: ``tried`` after a dry run, ``undoing`` while what it did is taken back."""

    UPLOADED = "uploaded"
    TRIED = "tried"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a file is to be read; None: as it tells itself."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """``mapping`` has, for headers of the file, the field of contacts that each is; None: as guessed.

    With ``dry_run`` nothing is written but what would have been. Members join the list ``list_id``.
    """

    mapping: Mapping[str, str | None] | None = None
    on_conflict: OnConflict = OnConflict.SKIP
    dry_run: bool = False
    list_id: UUID | None = None
    file: FileOptions = field(default_factory=FileOptions)

    def parameters(self) -> dict[str, Any]:
        """The options as JSON."""
        return asdict(self) | {"list_id": str(self.list_id) if self.list_id else None}

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """The options that ``parameters`` made, among other things."""
        list_id = parameters["list_id"]
        return cls(
            mapping=parameters["mapping"],
            on_conflict=OnConflict(parameters["on_conflict"]),
            dry_run=parameters["dry_run"],
            list_id=UUID(list_id) if list_id else None,
            file=FileOptions(**parameters["file"]),
        )


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a row has its verdict, or what else is to be said of it. ``email`` is for a row that is no contact."""

    reason: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are imported in one transaction.

    ``rows`` are what contacts are made of, by address and in the order of ``columns``, each with its place in
    ``lines``; ``verdicts`` holds those of the other rows, and None for these.
    """

    number: int
    columns: tuple[str, ...]
    lines: Sequence[int]
    rows: Sequence[tuple[int, tuple[Any, ...]]]
    verdicts: Sequence[ImportVerdict | None]
    remarks: Mapping[int, Remark]
