"""What an enrollment costs Temporal: the number of events, workflow tasks and state transitions."""

from collections import Counter

from temporalio.api.enums.v1 import EventType

from domain.vocabulary import CompletionReason, EnrollmentStatus, StepType
from tests.factories import email_step, make_contact, make_sequence
from tests.workflows.conftest import World

SKIPPED_TIME = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED
"""The test server notes each jump of its clock in the history; no other server has such events."""


async def cost_of(world: World, steps: list[dict[str, object]]) -> tuple[Counter[EventType.ValueType], int]:
    """The events by type, and the state transitions, of one enrollment that runs to its end."""
    async with world.sessions.begin() as session:
        sequence = await make_sequence(session, world.tenant, steps, mailbox=world.mailbox)
        contact = await make_contact(session, world.tenant)
    async with world.working():
        (enrollment_id,) = await world.enroll(sequence, contact)
        result = await world.result(enrollment_id)
    assert (result.status, result.completion_reason) == (EnrollmentStatus.COMPLETED, CompletionReason.FINISHED)
    assert len(world.received_by(contact)) == 5
    history = await world.workflow(enrollment_id).fetch_history()
    events = Counter(event.event_type for event in history.events)
    del events[SKIPPED_TIME]
    description = await world.workflow(enrollment_id).describe()
    return events, description.raw_description.workflow_execution_info.state_transition_count


async def test_five_emails_with_four_delays_cost_at_most_55_events_10_tasks_and_36_transitions(world: World) -> None:
    events, transitions = await cost_of(world, [email_step("Hello"), *(email_step(delay_days=3) for _ in range(4))])
    assert events.total() <= 55
    assert events[EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED] <= 10
    assert transitions <= 36


async def test_delay_steps_between_the_emails_cost_nothing_more(world: World) -> None:
    delay = {"step_type": StepType.DELAY, "delay_days": 3}
    steps: list[dict[str, object]] = [email_step("Hello")]
    for _ in range(4):
        steps += [delay, email_step()]
    events, transitions = await cost_of(world, steps)
    assert events.total() <= 55
    assert transitions <= 36
