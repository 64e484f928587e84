"""Workflows that run while the code changes: recorded histories replay, and commands change on purpose only."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tests.workflows import fingerprints
from tests.workflows.conftest import SANDBOX
from workflows.enrollment import EnrollmentWorkflow
from workflows.mailbox import MailboxWorkflow

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))


def test_there_are_histories_to_replay() -> None:
    assert len(HISTORIES) >= 5


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=[EnrollmentWorkflow, MailboxWorkflow],
        workflow_runner=SANDBOX,
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", fingerprints.MODULES)
def test_the_commands_of_a_workflow_are_those_that_were_agreed(module: str) -> None:
    stored = json.loads(fingerprints.STORED.read_text(encoding="utf-8"))
    assert fingerprints.fingerprint(module) == stored[module], fingerprints.__doc__


def test_a_changed_command_changes_the_fingerprint() -> None:
    before = "async def run(self):\n    await workflow.sleep(1)\n"
    assert fingerprints.commands(before) != fingerprints.commands(before.replace("sleep(1)", "sleep(2)"))
    assert fingerprints.commands(before) == fingerprints.commands("# a comment\n" + before)
