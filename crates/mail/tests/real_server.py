"""Sends the sample letters through a real server, aiosmtpd with STARTTLS and AUTH on 127.0.0.1.

It also tests a wrong password, a full mailbox, an unknown mailbox, a size limit, and an untrusted certificate. Python's email
package reads the letters that arrive.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install aiosmtpd cryptography
    cargo build -p forecaster-mail --example send
    /tmp/venv/bin/python crates/mail/tests/real_server.py target/debug/examples/send
"""

import datetime
import ipaddress
import logging
import ssl
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))
import letters  # noqa: E402

# The server logs much about clients that hang up, which is expected here.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
USER, PASSWORD = "forecaster@example.com", "pässword ñ"


def pem(key):
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def certificate(name, names, issuer=None):
    """Makes a certificate and its key: with an issuer for a server, otherwise for an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=9))
    made = made.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(issuer[1] if issuer else key, hashes.SHA256()), key


class Mailboxes:
    """Accepts all mail, except for addresses whose local part names a failure."""

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown"):
            return "550 5.1.1 no such user"
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((session.ssl is not None, session.host_name, list(envelope.rcpt_tos), envelope.original_content))
        return "250 2.0.0 taken"


def authenticator(server, session, envelope, mechanism, data):
    known = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=known, handled=False)


class Encrypted(Controller):
    """A server with TLS after STARTTLS, and AUTH only after that."""

    def __init__(self, handler, context, **options):
        self.options = {"tls_context": context, "require_starttls": True, "auth_required": True} | options
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def factory(self):
        return SMTP(self.handler, authenticator=authenticator, **self.options)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Implicit(Controller):
    """A server with TLS from the start."""

    def factory(self):
        return SMTP(self.handler, authenticator=authenticator, auth_required=True, auth_require_tls=False)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def main(program):
    folder = Path(tempfile.mkdtemp())
    authority, stranger = certificate("authority", []), certificate("stranger", [])
    address = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    own = certificate("server", address, authority)
    for name, (made, key) in {"ca": authority, "stranger": stranger, "own": own}.items():
        (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem(key))
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "wrong").write_text("wrong\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")

    def run(action, controller, *recipients, scheme="smtp", user="forecaster%40example.com@", password="password", ca="ca"):
        url = f"{scheme}://{user}127.0.0.1:{controller.port}"
        files = [str(folder / password), str(folder / f"{ca}.pem")]
        told = subprocess.run([program, action, url, USER, *files, *recipients], capture_output=True, text=True, timeout=100)
        assert told.returncode == 0, told.stderr
        assert PASSWORD not in told.stdout + told.stderr
        return told.stdout.splitlines()

    def fates(lines):
        return {(line.split("\t")[1], line.split("\t")[2]) for line in lines}

    for controller, scheme in [
        (Encrypted(Mailboxes(), context), "smtp"),
        (Implicit(Mailboxes(), hostname="127.0.0.1", port=0, ssl_context=context), "smtps"),
    ]:
        controller.start()
        people = ["one@example.com", "unknown@example.com", "full@example.com", "Two <two@ñandú.cl>"]
        lines = run("mail", controller, *people, scheme=scheme)
        two = "two@xn--and-6ma2c.cl"
        wanted = {("one@example.com", "accepted"), ("unknown@example.com", "refused")}
        assert fates(lines) == wanted | {("full@example.com", "deferred"), (two, "accepted")}, lines
        taken = controller.handler.taken
        assert len(taken) == len(letters.LETTERS)
        for name, (protected, host, to, raw) in zip(letters.LETTERS, taken):
            assert protected or scheme == "smtps"
            assert to == ["one@example.com", two], to
            print(f"{scheme}: {name} arrived from {host}, {len(raw)} bytes, longest line {letters.check(name, raw)}")

        taken.clear()
        refused = run("mail", controller, "one@example.com", scheme=scheme, password="wrong")
        assert all("refused the user 'forecaster@example.com': 535 5.7.8" in line for line in refused), refused
        unknown = run("mail", controller, "one@example.com", scheme=scheme, ca="stranger")
        assert all("it is not signed by an authority that this machine trusts" in line for line in unknown), unknown
        nobody = run("mail", controller, "one@example.com", scheme=scheme, user="")
        assert all("530 5.7.0" in line and "name one in mail.smtp" in line for line in nobody), nobody
        assert fates(refused + unknown + nobody) == {("one@example.com", "deferred")} and not taken
        print("\n".join(run("look", controller, scheme=scheme)))
        controller.stop()

    small = Encrypted(Mailboxes(), context, data_size_limit=1000)
    small.start()
    lines = run("mail", small, "one@example.com")
    assert [line.split("\t")[2] for line in lines] == ["accepted", "refused", "refused", "accepted"], lines
    assert "it takes 1000; send fewer or smaller attachments" in lines[1], lines
    small.stop()
    print("all as it should be")


if __name__ == "__main__":
    main(sys.argv[1])
