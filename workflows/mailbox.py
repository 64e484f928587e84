"""The mailbox workflow: exactly one watcher per mailbox, wherever its worker is.

The activity looks into the mailbox again and again and heartbeats; when its worker dies, Temporal notices the
silence and another takes over where the database says that the last one stopped.
"""

from temporalio import workflow

from activities.mailboxes import MailboxActivities
from domain.mailboxes import MailboxWatch
from workflows.policies import MAILBOX_QUEUE, MAILBOX_WATCH


@workflow.defn
class MailboxWorkflow:
    """Watches one mailbox until it is deleted or has no IMAP server any more."""

    @workflow.run
    async def run(self, watch: MailboxWatch) -> None:
        workflow.set_current_details("Watching the mailbox for replies and bounces.")
        while await workflow.execute_activity_method(
            MailboxActivities.watch_mailbox, watch, task_queue=MAILBOX_QUEUE, summary="watch for mail", **MAILBOX_WATCH
        ):
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(watch)
