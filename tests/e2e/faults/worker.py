"""``python -m tests.e2e.faults.worker``: the worker as it is in production, but for the name by which it says EHLO.

``FAULTS_HEARTBEAT_SECONDS`` lets a worker's death be noticed after so many seconds instead of thirty.
"""

import os
import socket
from datetime import timedelta

import worker
from activities import resources
from workflows.policies import OUTSIDE_WORLD

HEARTBEAT = "FAULTS_HEARTBEAT_SECONDS"


def main() -> None:
    socket.getfqdn = lambda name="": f"pid-{os.getpid()}.worker.example"
    if seconds := os.environ.get(HEARTBEAT):
        resources.HEARTBEAT_SECONDS = 1
        OUTSIDE_WORLD["heartbeat_timeout"] = timedelta(seconds=float(seconds))
    worker.main()


if __name__ == "__main__":
    main()
