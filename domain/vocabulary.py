"""The words of the product: every enumeration that the database, the API and the workflows share.

Labels and their order are those of the Postgres enum types of the same name (``ContactStatus`` is
``contact_status_enum``). A label that we add stands after those that were there first.
"""

from enum import StrEnum


class ContactStatus(StrEnum):
    ACTIVE = "active"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    DO_NOT_CONTACT = "do_not_contact"


class CompanySize(StrEnum):
    UP_TO_10 = "1-10"
    UP_TO_50 = "11-50"
    UP_TO_200 = "51-200"
    UP_TO_500 = "201-500"
    UP_TO_1000 = "501-1000"
    UP_TO_5000 = "1001-5000"
    UP_TO_10000 = "5001-10000"
    OVER_10000 = "10000+"


class Industry(StrEnum):
    TECHNOLOGY = "technology"
    HEALTHCARE = "healthcare"
    FINANCE = "finance"
    EDUCATION = "education"
    RETAIL = "retail"
    MANUFACTURING = "manufacturing"
    CONSULTING = "consulting"
    REAL_ESTATE = "real_estate"
    OTHER = "other"


class PhoneType(StrEnum):
    WORK = "work"
    MOBILE = "mobile"
    HOME = "home"
    OTHER = "other"


class Seniority(StrEnum):
    INDIVIDUAL_CONTRIBUTOR = "individual_contributor"
    SENIOR = "senior"
    MANAGER = "manager"
    DIRECTOR = "director"
    VP = "vp"
    C_SUITE = "c_suite"
    FOUNDER = "founder"
    OTHER = "other"


class Department(StrEnum):
    SALES = "sales"
    MARKETING = "marketing"
    ENGINEERING = "engineering"
    PRODUCT = "product"
    DESIGN = "design"
    HR = "hr"
    FINANCE = "finance"
    OPERATIONS = "operations"
    EXECUTIVE = "executive"
    OTHER = "other"


class ContactSource(StrEnum):
    MANUAL = "manual"
    CSV_IMPORT = "csv_import"
    API = "api"
    CRM_INTEGRATION = "crm_integration"
    ENRICHMENT = "enrichment"
    WEB_FORM = "web_form"


class ListType(StrEnum):
    STATIC = "static"
    DYNAMIC = "dynamic"
    SUPPRESSION = "suppression"


class MembershipSource(StrEnum):
    MANUAL = "manual"
    BULK_IMPORT = "bulk_import"
    RULE_EVALUATION = "rule_evaluation"
    API = "api"
    AUTOMATION = "automation"


class ActivityType(StrEnum):
    EMAIL_SENT = "email_sent"
    EMAIL_DELIVERED = "email_delivered"
    EMAIL_OPENED = "email_opened"
    EMAIL_CLICKED = "email_clicked"
    EMAIL_REPLIED = "email_replied"
    EMAIL_BOUNCED = "email_bounced"
    EMAIL_UNSUBSCRIBED = "email_unsubscribed"
    CONTACT_CREATED = "contact_created"
    CONTACT_UPDATED = "contact_updated"
    CONTACT_ENRICHED = "contact_enriched"
    SEQUENCE_ENROLLED = "sequence_enrolled"
    SEQUENCE_COMPLETED = "sequence_completed"
    TASK_CREATED = "task_created"
    LINKEDIN_CONNECTED = "linkedin_connected"
    LINKEDIN_VIEWED = "linkedin_viewed"
    CALL_COMPLETED = "call_completed"


class SuppressionType(StrEnum):
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    MANUAL = "manual"
    DOMAIN_BLOCK = "domain_block"
    ISP_BLOCK = "isp_block"
    TEMPORARY = "temporary"


class EnrichmentStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class SequenceStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"
    ARCHIVED = "archived"


class GoalType(StrEnum):
    REPLIES = "replies"
    MEETINGS = "meetings"
    SALES = "sales"
    CUSTOM = "custom"


class StepType(StrEnum):
    EMAIL = "email"
    TASK = "task"
    LINKEDIN = "linkedin"
    CALL = "call"
    CONDITIONAL = "conditional"
    DELAY = "delay"


class ConditionOperator(StrEnum):
    AND = "AND"
    OR = "OR"


class LinkedinAction(StrEnum):
    CONNECT = "connect"
    MESSAGE = "message"
    VIEW_PROFILE = "view_profile"


class EnrollmentSource(StrEnum):
    MANUAL = "manual"
    BULK_IMPORT = "bulk_import"
    API = "api"
    AUTOMATION = "automation"


class EnrollmentStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    FAILED = "failed"


class CompletionReason(StrEnum):
    FINISHED = "finished"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    MANUAL_STOP = "manual_stop"
    GOAL_ACHIEVED = "goal_achieved"
    REPLIED = "replied"


class StepOutcome(StrEnum):
    """What became of a step in one enrollment (``step_outcome_enum``)."""

    EXECUTED = "executed"
    SKIPPED = "skipped"
    FAILED = "failed"


class WaitingReason(StrEnum):
    """Why an open enrollment is not simply waiting for its next step's due time (``waiting_reason_enum``)."""

    PAUSED = "paused"
    SEQUENCE_PAUSED = "sequence_paused"
    MISSING_VARIABLE = "missing_variable"
    MAILBOX_ERROR = "mailbox_error"
    RETRY = "retry"
    TASK = "task"
    NO_SLOT = "no_slot"
    OUT_OF_OFFICE = "out_of_office"


class Blocker(StrEnum):
    """What an email waits for (``send_blocker_enum``).

    Those up to ``FOLLOW_UPS`` lift at a known instant, that of its slot; the others are states that something or
    somebody has to end first.
    """

    DELAY = "delay"
    """The step's own delay."""
    WINDOW = "window"
    """The sending hours."""
    HOLIDAY = "holiday"
    """A holiday, which closes hours that would be open."""
    MAILBOX_LIMIT = "mailbox_limit"
    """The mailbox's daily limit, as far as its ramp-up has come."""
    MAILBOX_GAP = "mailbox_gap"
    """The mailbox's least gap, with its jitter."""
    MAILBOX_AWAY = "mailbox_away"
    """The days on which the mailbox's sender is away."""
    SEQUENCE_CAP = "sequence_cap"
    """The sequence's ``max_emails_per_day``."""
    THROTTLE = "throttle"
    """The sequence's ``throttle_delay_minutes`` between two sends of the same mailbox."""
    DOMAIN_CAP = "domain_cap"
    """The workspace's cap of emails a day to one recipient domain."""
    CONTACT_CAP = "contact_cap"
    """The workspace's cap of emails a day to one contact."""
    FOLLOW_UPS = "follow_ups"
    """Room that is kept for follow-ups: a first email begins only where those that it will owe fit."""

    MAILBOX_ERROR = "mailbox_error"
    MAILBOX_PAUSED = "mailbox_paused"
    SEQUENCE_PAUSED = "sequence_paused"
    PAUSED = "paused"
    """The enrollment itself is paused."""
    MISSING_VARIABLE = "missing_variable"
    RETRY = "retry"
    """A mail server put the email off; it is tried again."""
    TASK = "task"
    """A person has to do a task first."""
    NO_SLOT = "no_slot"
    """No day within the planner's horizon has room, or the planner has not come to it yet."""
    OUT_OF_OFFICE = "out_of_office"
    """The contact is away, as an automatic answer said; the enrollment is resumed after it."""


class EmailAccountStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ERROR = "error"


class MailboxAuth(StrEnum):
    """How a mailbox logs in, for SMTP and IMAP alike (``mailbox_auth_enum``)."""

    PASSWORD = "password"  # noqa: S105
    """PLAIN, LOGIN or CRAM-MD5, whichever the server offers."""
    XOAUTH2 = "xoauth2"


class ConnectionSecurity(StrEnum):
    """How a connection to a mail server is protected (``connection_security_enum``)."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class EmailMessageStatus(StrEnum):
    """A send in the ledger: claimed before SMTP, ``sending`` before the final dot, then its fate."""

    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class InboundKind(StrEnum):
    """What a message that came in is, in the order in which it is asked (complaint first)."""

    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    REPLY = "reply"
    UNPARSEABLE = "unparseable"


class TaskType(StrEnum):
    TASK = "task"
    LINKEDIN = "linkedin"
    CALL = "call"


class TaskStatus(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class JobKind(StrEnum):
    CONTACT_IMPORT = "contact_import"
    IMPORT_UNDO = "import_undo"
    CONTACTS_UPDATE = "contacts_update"
    CONTACTS_DELETE = "contacts_delete"
    LIST_REFRESH = "list_refresh"


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ImportVerdict(StrEnum):
    """What became of a row of an import."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    INVALID = "invalid"


class TimezoneSource(StrEnum):
    """How a contact's ``timezone`` is known; ``unknown``: it is the column's default and says nothing."""

    UNKNOWN = "unknown"
    DERIVED = "derived"
    GIVEN = "given"


class EnrichmentProvider(StrEnum):
    """Who tells more about a contact (``enrichment_provider_enum``)."""

    HUNTER = "hunter"
    CLEARBIT = "clearbit"
    LINKEDIN = "linkedin"
    """Profiles as People Data Labs sells them, since LinkedIn's own API gives nobody's profile but one's own."""
    ZOOMINFO = "zoominfo"
    MANUAL = "manual"
    """A user, by hand."""


class ProviderState(StrEnum):
    """Whether a provider can be asked (``provider_state_enum``)."""

    OK = "ok"
    UNAUTHORISED = "unauthorised"
    """It refuses the credentials: waits for a person."""
    OUT_OF_CREDITS = "out_of_credits"
    OVER_BUDGET = "over_budget"
    """The workspace's own budget is spent."""
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class EnrichmentLookup(StrEnum):
    """What a provider is asked for (``enrichment_lookup_enum``)."""

    VERIFICATION = "verification"
    """Whether the address works."""
    PERSON = "person"
    COMPANY = "company"


class EnrichmentOutcome(StrEnum):
    """What became of a request to a provider (``enrichment_outcome_enum``)."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NOT_READY = "not_ready"
    """The provider is still looking: the same request is to be made later, and is paid once."""
    REFUSED = "refused"
    """The provider finds the request itself wrong, or answers what cannot be read."""
    UNAUTHORISED = "unauthorised"
    OUT_OF_CREDITS = "out_of_credits"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    """It left, and no answer came: it may have been paid for, so it is not made again by itself."""
