"""`opendoors demo` as a whole, on eighteen prospects and with short days.

Two of them bounce. Of twenty sends that is more than 8 %, and the sequence would pause itself.
"""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


async def start_demo(temporary: Path) -> asyncio.subprocess.Process:
    """The demo in a process of its own, since it takes over the signals; its folder is made in `temporary`."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import sys; from demo.run import main; sys.exit(main(18, seconds_per_day=2))"),
        cwd=REPOSITORY,
        env={"PATH": "", "TMPDIR": str(temporary)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_the_demo_agrees_with_the_mail_server_and_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        demo = await start_demo(Path(temporary))
        output, _ = await demo.communicate()
        told = output.decode()
        assert demo.returncode == 0, told
        assert "checks agree" in told
        for outcome in ("finished", "replied", "bounced"):
            assert outcome in told
        assert not list(Path(temporary).iterdir())


async def test_ctrl_c_stops_the_demo_and_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        demo = await start_demo(Path(temporary))
        assert demo.stdout is not None
        await demo.stdout.readuntil(b"Web inbox")
        demo.send_signal(signal.SIGINT)
        output, _ = await demo.communicate()
        assert demo.returncode == 130, output.decode()
        assert "Stopped." in output.decode()
        assert not list(Path(temporary).iterdir())
