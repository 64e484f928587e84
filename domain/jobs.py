"""What the request, the workflow and the activity of a job tell each other."""

from dataclasses import dataclass
from uuid import UUID

from domain.vocabulary import JobStatus


@dataclass(frozen=True, slots=True)
class JobOrder:
    """The job that is to be done; everything else stands in its row."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class JobResult:
    """How the job has ended."""

    status: JobStatus
