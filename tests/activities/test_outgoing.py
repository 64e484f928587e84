"""Requests that users aim: only to public addresses, only where the checked look-up led, and TLS is verified."""

import ssl
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from activities import outgoing
from domain.outgoing import is_public, url_problem
from tests.activities.token_provider import token_provider
from tests.factories import MONDAY_MORNING


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://localhost/",
        "https://api.localhost./",
        "http://8.8.8.8/",
        "https://ann:secret@8.8.8.8/",
    ],
)
async def test_a_private_address_is_forbidden_however_it_is_written(url: str) -> None:
    async with outgoing.client(allow_private_addresses=False) as client:
        with pytest.raises(outgoing.Forbidden):
            await client.post(url)


def test_which_addresses_are_public() -> None:
    assert all(map(is_public, ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"]))
    assert not any(map(is_public, ["192.168.1.1", "fe80::1%eth0", "fc00::1", "::", "255.255.255.255", "240.0.0.1"]))


@pytest.mark.parametrize("url", ["ftp://a.example/", "https://", "https://a.example:x/", "https://a b.example/", "x"])
def test_what_is_no_url_is_refused_even_where_private_addresses_are_allowed(url: str) -> None:
    assert url_problem(url, allow_private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1"])
async def test_allowed_it_reaches_them_and_keeps_the_host_header(host: str) -> None:
    with token_provider() as provider:
        url = provider.url.replace("127.0.0.1", host)
        async with outgoing.client(allow_private_addresses=True) as client:
            answer = await client.post(url, data={"a": "b"})
    assert answer.status_code == 200
    assert provider.hosts == [url.split("/")[2]]
    assert provider.forms == [{"a": "b"}]


async def test_a_redirect_is_not_followed() -> None:
    with token_provider() as provider:
        provider.answer = lambda form, number: (307, "")
        provider.headers = {"Location": provider.url}
        async with outgoing.client(allow_private_addresses=True) as client:
            assert (await client.post(provider.url)).status_code == 307
    assert len(provider.forms) == 1


async def test_an_answer_without_end_is_cut_off() -> None:
    with token_provider() as provider:
        provider.answer = lambda form, number: (200, "x" * 5_000_000)
        async with outgoing.client(allow_private_addresses=True) as client:
            with pytest.raises(outgoing.TooLarge):
                await outgoing.read(client, client.build_request("POST", provider.url))


async def test_tls_asks_for_the_name_and_verifies_it(tmp_path: Path) -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    context.sni_callback = lambda connection, name, _: asked.append(name)
    with token_provider(context) as provider:
        async with outgoing.client(allow_private_addresses=True) as client:
            with pytest.raises(httpx2.ConnectError, match="certificate"):
                await client.post(provider.url.replace("127.0.0.1", "localhost"))
    assert set(asked) == {"localhost"}
    assert provider.forms == []


def self_signed(folder: Path) -> Path:
    """A certificate for localhost that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(MONDAY_MORNING - timedelta(days=365))
        .not_valid_after(MONDAY_MORNING + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(
        key.private_bytes(encoding, form, serialization.NoEncryption()) + certificate.public_bytes(encoding)
    )
    return file
