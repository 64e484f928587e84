"""A name server on 127.0.0.1 that answers from a table, by UDP."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from domain.sending.name_servers import NameServer as Address

Zone = dict[tuple[str, str], Sequence[str]]
"""The records by name and type, TXT in quotes."""


def txt(text: str) -> str:
    """A text as TXT holds it: cut into strings of 255 bytes at most, in quotes."""
    parts = [text[first : first + 255] for first in range(0, len(text), 255)] or [""]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """What it answers and what it was asked."""

    zone: Zone
    failing: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    questions: list[tuple[str, str]] = field(default_factory=list)
    address: Address = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.address = Address(*transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.questions.append((name, kind))
        if name in self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records := self.zone.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, dns.rdataclass.IN, question.rdtype, *records))
        elif not any(known == name or known.endswith("." + name) for known, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(max_size=65_535), addr)


@asynccontextmanager
async def name_server(records: Mapping[tuple[str, str], Sequence[str]]) -> AsyncIterator[NameServer]:
    """The server of these records until the block ends; texts of TXT without quotes."""
    zone: Zone = {
        (name, kind): [txt(one) for one in values] if kind == "TXT" else list(values)
        for (name, kind), values in records.items()
    }
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(zone), local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
