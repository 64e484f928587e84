"""The tables as SQLAlchemy models; the migrations create them and a test holds both to the same facts."""

from db.models.activities import ContactActivity
from db.models.audit import AuditEvent
from db.models.base import Base
from db.models.contact_imports import (
    ContactImport,
    ContactImportBatch,
    ContactImportChange,
    ContactImportPiece,
)
from db.models.contacts import Contact
from db.models.customers import ApiKey, Customer, User, Workspace
from db.models.email_accounts import EmailAccount
from db.models.enrichment import ContactEnrichmentQueue, EnrichmentAnswer, EnrichmentCall, ProviderAccount
from db.models.idempotency_keys import IdempotencyKey
from db.models.jobs import Job
from db.models.lists import ContactList, ContactListChange, ContactListMembership, ContactListQueueEntry
from db.models.messages import EmailMessage, InboundMessage, ProviderEvent, TrackedLink
from db.models.outbox import OutboxEntry
from db.models.send_slots import SendSlot
from db.models.sequences import (
    Sequence,
    SequenceEmailAccount,
    SequenceEnrollment,
    SequenceFolder,
    SequenceStep,
    SequenceStepExecution,
)
from db.models.suppressions import ContactSuppressionList
from db.models.tasks import Task

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Base",
    "Contact",
    "ContactActivity",
    "ContactEnrichmentQueue",
    "ContactImport",
    "ContactImportBatch",
    "ContactImportChange",
    "ContactImportPiece",
    "ContactList",
    "ContactListChange",
    "ContactListMembership",
    "ContactListQueueEntry",
    "ContactSuppressionList",
    "Customer",
    "EmailAccount",
    "EmailMessage",
    "EnrichmentAnswer",
    "EnrichmentCall",
    "IdempotencyKey",
    "InboundMessage",
    "Job",
    "OutboxEntry",
    "ProviderAccount",
    "ProviderEvent",
    "SendSlot",
    "Sequence",
    "SequenceEmailAccount",
    "SequenceEnrollment",
    "SequenceFolder",
    "SequenceStep",
    "SequenceStepExecution",
    "Task",
    "TrackedLink",
    "User",
    "Workspace",
]
