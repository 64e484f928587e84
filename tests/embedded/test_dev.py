"""`opendoors dev` as a whole: what it starts, keeps running, describes and ends."""

import asyncio
import json
import os
import signal
import stat
from pathlib import Path

from embedded.dev import services
from embedded.processes import http_get, is_running, wait_until

FACTS = {
    "api_url",
    "api_key",
    "database_url",
    "temporal_address",
    "temporal_ui_url",
    "smtp_host",
    "smtp_port",
    "imap_host",
    "imap_port",
    "mail_ui_url",
    "mail_password",
    "pids",
}


async def test_killed_parts_come_back_under_the_same_addresses_and_none_is_left_at_the_end(tmp_path: Path) -> None:
    async with services(tmp_path, api_port=0) as running:
        record = tmp_path / "dev.json"
        before = json.loads(record.read_text())
        assert set(before) == FACTS
        assert stat.S_IMODE(record.stat().st_mode) == 0o600
        assert set(before["pids"]) == {"dev", "postgres", "temporal", "mail", "api", "worker"}

        killed = [before["pids"][name] for name in ("postgres", "mail", "api", "worker")]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert await wait_until(lambda: len(running.pids) == 6 and not set(killed) & set(running.pids.values()), 20)

        after = json.loads(record.read_text())
        assert after == before | {"pids": running.pids}

        async def healthy() -> bool:
            answer = await http_get(int(running.api_url.rpartition(":")[2]), "/health")
            return answer is not None and answer[0] == 200

        async with asyncio.timeout(20):
            while not await healthy():
                await asyncio.sleep(0.1)
        ended = {pid for name, pid in running.pids.items() if name != "dev"}

    assert not [pid for pid in ended if is_running(pid)]
    assert json.loads(record.read_text()) == after | {"pids": {}}
