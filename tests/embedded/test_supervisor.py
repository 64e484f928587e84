"""The supervisor: a part that dies is started again where it was."""

import os
import signal
from pathlib import Path

from embedded.mail import MailServer
from embedded.processes import http_get, is_running, wait_until
from embedded.supervisor import Supervisor


async def test_a_killed_part_is_started_again_on_its_ports_and_none_is_left_after_the_stop(tmp_path: Path) -> None:
    changes: list[dict[str, int]] = []
    supervisor = Supervisor(lambda: changes.append(supervisor.pids))
    mail = MailServer(tmp_path)
    await supervisor.start(mail)
    first, port = mail.pid, mail.http_port
    assert first is not None
    os.kill(first, signal.SIGKILL)

    assert await wait_until(lambda: bool(changes), 10)
    assert changes == [{"mail": mail.pid}]
    assert mail.pid not in {None, first}
    assert await http_get(port, "/health") == (200, str(mail.pid).encode())

    second = mail.pid
    await supervisor.stop()
    assert second is not None
    assert not is_running(second)
    assert supervisor.pids == {}
