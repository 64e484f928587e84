"""How a mailbox is let in: TLS that is verified, and the ways to log in."""

import ipaddress
import ssl
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from activities.smtp_errors import SmtpAuthenticationFailed, SmtpDeferred
from activities.smtp_session import SmtpLogin, SmtpTimeouts
from domain.vocabulary import ConnectionSecurity
from tests.activities.smtp_server import MESSAGE, Sender, Server, running


@dataclass(frozen=True)
class Certificates:
    """An authority of our own, and a server's certificate from it."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.test")])
    today = datetime.now(UTC)  # noqa: TID251 - TLS compares certificates with the real clock.
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return Certificates(server, ssl.create_default_context(cafile=pem))


BOTH = pytest.mark.parametrize("security", [ConnectionSecurity.TLS, ConnectionSecurity.STARTTLS])


@BOTH
async def test_a_line_with_the_right_certificate_carries_login_and_message(
    certificates: Certificates, security: ConnectionSecurity
) -> None:
    implicit = security is ConnectionSecurity.TLS
    async with running(Server(tls=certificates.server, implicit=implicit)) as server:
        sender = Sender(server, tls_context=certificates.trusting)
        await sender.send(security=security, username="ann")
        assert server.messages == [MESSAGE]
        await sender.connections.close()


@BOTH
async def test_an_unknown_authority_gets_neither_password_nor_message(
    certificates: Certificates, security: ConnectionSecurity
) -> None:
    implicit = security is ConnectionSecurity.TLS
    async with running(Server(tls=certificates.server, implicit=implicit)) as server:
        with pytest.raises(SmtpDeferred, match="certificate"):
            await Sender(server).send(security=security, username="ann")
        assert "AUTH" not in server.verbs


@BOTH
async def test_a_certificate_for_another_host_is_refused(
    certificates: Certificates, security: ConnectionSecurity
) -> None:
    implicit = security is ConnectionSecurity.TLS
    async with running(Server(tls=certificates.server, implicit=implicit)) as server:
        sender = Sender(server, tls_context=certificates.trusting)
        with pytest.raises(SmtpDeferred, match="certificate"):
            await sender.send(security=security, username="ann", host="localhost")
        assert "AUTH" not in server.verbs


async def test_a_server_without_starttls_never_gets_the_password_in_the_clear() -> None:
    async with running(Server()) as server:
        with pytest.raises(SmtpAuthenticationFailed):
            await Sender(server).send(security=ConnectionSecurity.STARTTLS, username="ann")
        assert "AUTH" not in server.verbs


async def test_a_server_that_will_not_start_tls_never_gets_the_password_in_the_clear(
    certificates: Certificates,
) -> None:
    script: dict[str, str | list[str]] = {"STARTTLS": "454 4.7.0 TLS not available due to local problem"}
    async with running(Server(script, tls=certificates.server)) as server:
        with pytest.raises(SmtpDeferred, match="connect: 454"):
            await Sender(server, tls_context=certificates.trusting).send(
                security=ConnectionSecurity.STARTTLS, username="ann"
            )
        assert server.verbs == ["EHLO", "STARTTLS"]


async def test_what_was_slipped_in_before_tls_is_not_taken_for_the_servers_word(certificates: Certificates) -> None:
    script: dict[str, str | list[str]] = {"STARTTLS": "220 go ahead\r\n235 2.7.0 you are in"}
    async with running(Server(script, tls=certificates.server)) as server:
        sender = Sender(server, tls_context=certificates.trusting)
        await sender.send(security=ConnectionSecurity.STARTTLS, username="ann")
        assert (len(server.logins), server.messages) == (1, [MESSAGE])
        await sender.connections.close()


def encoded(*words: str) -> list[bytes]:
    """The words in base64, as logins carry them."""
    return [b64encode(word.encode()) for word in words]


PLAIN = b"AUTH PLAIN " + encoded("\0ann\0secret")[0]
LOGIN = [b"AUTH LOGIN " + encoded("ann")[0], *encoded("secret")]
XOAUTH2 = b"AUTH XOAUTH2 " + encoded("user=ann\x01auth=Bearer fresh\x01\x01")[0]


async def logins(methods: str, script: dict[str, str | list[str]], access_token: str | None = None) -> list[bytes]:
    """What a server that offers these methods is told, for one message."""
    async with running(Server(script, methods=methods)) as server:
        sender = Sender(server)
        await sender.send(username="ann", access_token=access_token)
        await sender.connections.close()
        return server.logins


@pytest.mark.parametrize("methods", ["PLAIN", "LOGIN PLAIN", "XOAUTH2 PLAIN LOGIN", "CRAM-MD5 PLAIN"])
async def test_a_password_goes_by_plain_where_the_server_has_it(methods: str) -> None:
    assert await logins(methods, {}) == [PLAIN]


async def test_a_password_goes_by_login_where_the_server_has_nothing_better() -> None:
    assert await logins("XOAUTH2 LOGIN", {"AUTH": "334 UGFzc3dvcmQ6"}) == LOGIN


async def test_a_method_that_the_server_offers_and_does_not_have_is_followed_by_the_next() -> None:
    script: dict[str, str | list[str]] = {"AUTH": ["504 5.7.4 unrecognized authentication type", "334 UGFzc3dvcmQ6"]}
    assert await logins("PLAIN LOGIN", script) == [PLAIN, *LOGIN]


async def test_a_wrong_password_is_said_once() -> None:
    async with running(Server({"AUTH": "535 5.7.8 wrong"}, methods="PLAIN LOGIN CRAM-MD5")) as server:
        with pytest.raises(SmtpAuthenticationFailed) as raised:
            await Sender(server).send(username="ann")
        assert (server.logins, raised.value.expired_token) == ([PLAIN], False)


async def test_an_access_token_goes_by_xoauth2_and_the_password_stays_at_home() -> None:
    assert await logins("PLAIN XOAUTH2", {}, access_token="fresh") == [XOAUTH2]


async def test_a_refused_token_is_told_apart_after_an_empty_line_has_fetched_the_answer() -> None:
    script: dict[str, str | list[str]] = {
        "AUTH": "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0=",
        "credentials": "535 5.7.8 Username and Password not accepted",
    }
    async with running(Server(script, methods="XOAUTH2")) as server:
        with pytest.raises(SmtpAuthenticationFailed) as raised:
            await Sender(server).send(username="ann", access_token="fresh")
        assert server.logins == [XOAUTH2, b""]
        assert (raised.value.expired_token, raised.value.code) == (True, 535)
        assert "fresh" not in str(raised.value)


@pytest.mark.parametrize(("verb", "at_once"), [("MAIL", True), ("dot", False)])
async def test_a_fresh_token_may_be_tried_at_once_only_before_the_message_was_written(verb: str, at_once: bool) -> None:
    async with running(Server({verb: "535 5.7.8 token expired"}, methods="XOAUTH2")) as server:
        with pytest.raises(SmtpAuthenticationFailed) as raised:
            await Sender(server).send(username="ann", access_token="old")
        assert raised.value.expired_token is at_once


@pytest.mark.parametrize(("methods", "access_token"), [("PLAIN LOGIN", "fresh"), ("GSSAPI", None)])
async def test_a_server_without_a_way_for_this_login_is_told_no_secret(methods: str, access_token: str | None) -> None:
    async with running(Server(methods=methods)) as server:
        with pytest.raises(SmtpAuthenticationFailed) as raised:
            await Sender(server).send(username="ann", access_token=access_token)
        assert (server.logins, raised.value.expired_token) == ([], False)


async def test_a_connection_let_in_with_one_token_goes_on_with_the_next() -> None:
    async with running(Server(methods="XOAUTH2")) as server:
        sender = Sender(server)
        await sender.send(username="ann", access_token="old")
        await sender.send(username="ann", access_token="new")
        assert (server.connections, len(server.messages)) == (1, 2)
        await sender.connections.close()


def test_a_login_shows_neither_password_nor_token() -> None:
    login = SmtpLogin("mx.test", 587, ConnectionSecurity.STARTTLS, "ann", "secret", "fresh")
    assert "secret" not in repr(login)
    assert "fresh" not in repr(login)


def test_a_cap_shortens_every_wait_and_lengthens_none() -> None:
    capped = SmtpTimeouts(data=5).capped(10)
    assert capped == SmtpTimeouts(connect=10, mail=10, rcpt=10, data=5, dot=10)
    assert SmtpTimeouts().capped(None) == SmtpTimeouts()
