"""An authority for one test, and the certificates that it signs."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


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


class Authority:
    """An authority with its certificate in `ca_file`. `own` is the certificate of a server on this machine, `other` has another name."""

    def __init__(self, folder):
        self.folder = folder
        issuer = certificate("test authority", [])
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(issuer[0].public_bytes(serialization.Encoding.PEM))
        self.own = self._context("own", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], issuer)
        self.other = self._context("other", [x509.DNSName("mail.example.org")], issuer)

    def _context(self, name, names, issuer):
        made, key = certificate(name, names, issuer)
        pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self.folder / f"{name}.pem"
        path.write_bytes(pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context
