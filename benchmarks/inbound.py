"""How fast mail that comes in is read and classed, on one core, against Python's mail parser alone.

The mixture is that of a busy mailbox: people's answers from several mail programs, most with a long quote below them,
automatic answers, and delivery reports.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date
from email import message_from_bytes
from itertools import cycle, islice

from benchmarks.figures import Figure
from benchmarks.servers import Servers
from domain.incoming.inbound import parse
from tests.domain.bounce_samples import DELAYED, HARD, SOFT
from tests.domain.mail import automatic, people

NUMBER = 1_000
_DAY = date(2026, 11, 23)


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Messages per second of CPU time. No server takes part."""
    mails = mixture(number or NUMBER)
    pairs = [await asyncio.to_thread(_pair, mails) for _ in range(repetitions)]
    return [
        Figure(
            "Inbound mail read and classed",
            "messages/s",
            [ours for ours, _ in pairs],
            [bare for _, bare in pairs],
            "email.message_from_bytes",
        )
    ]


def mixture(number: int) -> list[bytes]:
    """Mails in turns: six of people, two automatic answers, two reports in ten."""
    long = "\n".join(
        f"> {number} A line of an older mail, and what it said of offers and dates." for number in range(150)
    )
    texts = [raw for _, raw, _ in people.replies()]
    texts = [
        raw if n % 3 or b"quoted-printable" in raw or b"base64" in raw else raw + long.encode()
        for n, raw in enumerate(texts)
    ]
    machines = [raw for _, raw in automatic.answers()]
    reports = [*HARD.values(), *SOFT.values(), *DELAYED.values()]
    # Steps without a common divisor mix the languages and the mail programs.
    people_, machines_ = cycle(texts[::7] + texts[3::7]), cycle(machines[::11])
    turns = cycle(
        [people_, people_, machines_, people_, cycle(reports), people_, people_, machines_, people_, cycle(reports)]
    )
    return [next(turn) for turn in islice(turns, number)]


def _pair(mails: Sequence[bytes]) -> tuple[float, float]:
    return _rate(mails, lambda raw: parse(raw, received_on=_DAY)), _rate(mails, message_from_bytes)


def _rate(mails: Sequence[bytes], read: Callable[[bytes], object]) -> float:
    for raw in mails[:50]:
        read(raw)
    begun = time.process_time()
    for raw in mails:
        read(raw)
    return len(mails) / (time.process_time() - begun)


def main() -> None:
    """``python -m benchmarks.inbound``: without the servers that the other measurements start."""
    ours, bare = _pair(mixture(NUMBER))
    print(f"{ours:.0f} messages/s read and classed, {bare:.0f} parsed alone: {ours / bare:.2f}")


if __name__ == "__main__":
    main()
