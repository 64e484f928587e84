"""The steps of sequences: listed in their order, added and changed under the lock of their sequence."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import references
from db.models import Sequence, SequenceStep
from domain.errors import Conflict, FieldError, Invalid, NotFound
from domain.sending import templates
from domain.sequences import Step, step_problems
from domain.vocabulary import ConditionOperator, SequenceStatus

_TASK_TEMPLATES = ("task_title", "task_description", "linkedin_message")
MAX_STEPS = 100
"""Steps of one sequence: every enrollment reads them all."""


async def of_sequence(session: AsyncSession, sequence_id: UUID) -> list[SequenceStep]:
    """The steps in their order."""
    statement = select(SequenceStep).where(SequenceStep.sequence_id == sequence_id)
    return list(await session.scalars(statement.order_by(SequenceStep.step_order, SequenceStep.id)))


async def add(session: AsyncSession, sequence: Sequence, *, fields: Mapping[str, Any], now: datetime) -> SequenceStep:
    """Add a step to a locked sequence, at the end unless ``fields`` give a ``step_order`` that is free.

    Raises ``Conflict`` ``sequence_step.order_taken`` or ``sequence.too_many_steps``, and ``Invalid``.
    """
    present = await of_sequence(session, sequence.id)
    if len(present) >= MAX_STEPS:
        raise Conflict("sequence.too_many_steps", f"This sequence has {len(present)} steps; {MAX_STEPS} is the most.")
    order = fields.get("step_order") or max((step.step_order for step in present), default=0) + 1
    _require_free(order, present)
    step = _make(sequence, dict(fields) | {"step_order": order}, now)
    _refuse(await _problems(session, step, fields))
    session.add(step)
    await session.flush()
    return step


async def add_all(
    session: AsyncSession, sequence: Sequence, *, steps: Iterable[Mapping[str, Any]], now: datetime
) -> None:
    """Add the steps of a new sequence; those without a ``step_order`` follow the one before.

    Raises ``Invalid`` with every problem, pointers into the sequence (``/steps/0/body_template``).
    """
    wrong: list[FieldError] = []
    taken: set[int] = set()
    order = 0
    for index, fields in enumerate(steps):
        order = fields.get("step_order") or order + 1
        if order in taken:
            detail = f"another step already has the order {order}"
            wrong.append(FieldError(f"/steps/{index}/step_order", "order_taken", detail))
        taken.add(order)
        step = _make(sequence, dict(fields) | {"step_order": order}, now)
        found = await _problems(session, step, fields)
        wrong += [FieldError(f"/steps/{index}{one.pointer}", one.code, one.detail) for one in found]
        session.add(step)
    _refuse(wrong)
    await session.flush()


async def change(
    session: AsyncSession, sequence: Sequence, *, step_id: UUID, fields: Mapping[str, Any], now: datetime
) -> SequenceStep:
    """Write ``fields`` of a step of a locked sequence and leave the others.

    Raises ``NotFound``, ``Invalid``, and ``Conflict`` for an order that is taken or a type that is fixed.
    """
    present = await of_sequence(session, sequence.id)
    step = next((one for one in present if one.id == step_id), None)
    if step is None:
        raise NotFound("sequence_step", step_id)
    others = [one for one in present if one is not step]
    _require_free(fields.get("step_order", step.step_order), others)
    _require_same_type(sequence, step, fields)
    for name, value in fields.items():
        setattr(step, name, value)
    step.updated_at = now
    _refuse(await _problems(session, step, fields))
    await session.flush()
    return step


def _make(sequence: Sequence, fields: Mapping[str, Any], now: datetime) -> SequenceStep:
    return SequenceStep(
        sequence_id=sequence.id, customer_id=sequence.customer_id, created_at=now, updated_at=now, **fields
    )


def _require_free(order: int, others: Iterable[SequenceStep]) -> None:
    if any(other.step_order == order for other in others):
        detail = f"This sequence already has a step with the order {order}; move that one first or take another order."
        raise Conflict("sequence_step.order_taken", detail)


def _require_same_type(sequence: Sequence, step: SequenceStep, fields: Mapping[str, Any]) -> None:
    """Workflows that wait for the step know its type, so it changes only before anybody can be enrolled."""
    if sequence.status is not SequenceStatus.DRAFT and fields.get("step_type", step.step_type) != step.step_type:
        detail = (
            f"This sequence is {sequence.status}, so the step stays of the type {step.step_type}; "
            "add a step of the other type."
        )
        raise Conflict("sequence_step.type_fixed", detail)


async def _problems(session: AsyncSession, step: SequenceStep, fields: Mapping[str, Any]) -> list[FieldError]:
    with session.no_autoflush:
        unknown = await references.problems(session, customer_id=step.customer_id, fields=fields)
    return [*unknown, *step_problems(_definition(step)), *_template_problems(step)]


def _template_problems(step: SequenceStep) -> Iterator[FieldError]:
    """Templates that the engine's view of a step leaves out: those of tasks and of A/B variants."""
    sources = {f"/{name}": getattr(step, name) for name in _TASK_TEMPLATES}
    for index, variant in enumerate((step.ab_test_variants or {}).get("variants", ())):
        sources |= {f"/ab_test_variants/variants/{index}/{name}": variant.get(name) for name in ("subject", "body")}
    for pointer, source in sources.items():
        try:
            templates.check(source or "")
        except templates.TemplateProblem as problem:
            yield FieldError(pointer, "template_syntax", str(problem))


def _refuse(problems: list[FieldError]) -> None:
    if problems:
        raise Invalid("sequence_step.invalid", "The step could not run as it is written.", tuple(problems))


def _definition(step: SequenceStep) -> Step:
    return Step(
        id=step.id,
        step_order=step.step_order,
        step_type=step.step_type,
        conditions=step.conditions,
        condition_operator=step.condition_operator or ConditionOperator.AND,
        subject_template=step.subject_template,
        body_template=step.body_template,
        email_account_id=step.email_account_id,
    )
