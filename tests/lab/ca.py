# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificates: its own CA, a foreign CA, and one server certificate for each fault."""

import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(**wanted):
    kinds = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{kind: wanted.get(kind, False) for kind in kinds})


class Authority:
    """One certificate authority; `pem` is the path of its own certificate."""

    def __init__(self, folder, name):
        self.folder, self.subject = folder, _name(f"cusax lab {name}")
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(self.subject).issuer_name(self.subject)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - DAY).not_valid_after(now + 30 * DAY)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                   .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()),
                                  critical=False))
        self.pem = os.path.join(folder, f"{name}.pem")
        with open(self.pem, "wb") as out:
            out.write(builder.sign(self.key, hashes.SHA256())
                      .public_bytes(serialization.Encoding.PEM))

    def issue(self, label, host, expired=False, self_signed=False):
        """A server certificate for one host; returns a Certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        until = now - DAY if expired else now + 10 * DAY
        builder = (x509.CertificateBuilder().subject_name(_name(host))
                   .issuer_name(_name(host) if self_signed else self.subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - 5 * DAY).not_valid_after(until)
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
                   .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                   .add_extension(_usage(digital_signature=True), critical=True)
                   .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH,
                                                         ExtendedKeyUsageOID.CLIENT_AUTH]),
                                  critical=False))
        signed = builder.sign(key if self_signed else self.key, hashes.SHA256())
        return Certificate(
            self.folder, label, signed.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()))


    def issue_person(self, label, jid):
        """A client certificate that names a chat address (RFC 6120 §13.7.1.4)."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        # xmppAddr: a UTF8String, in DER
        address = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5"),
                                 bytes([0x0c, len(jid)]) + jid.encode())
        builder = (x509.CertificateBuilder().subject_name(_name(label))
                   .issuer_name(self.subject).public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - DAY).not_valid_after(now + 10 * DAY)
                   .add_extension(x509.SubjectAlternativeName([address]), critical=False)
                   .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                   .add_extension(_usage(digital_signature=True), critical=True)
                   .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH,
                                                         ExtendedKeyUsageOID.CLIENT_AUTH]),
                                  critical=False))
        return Certificate(
            self.folder, label, builder.sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM),
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()))


class Certificate:
    """Paths of one certificate: `pem`, `key`, and `both` in one file."""

    def __init__(self, folder, label, pem, key):
        self.pem, self.key, self.both = (os.path.join(folder, label + end)
                                         for end in (".crt", ".key", ".both"))
        for path, data in ((self.pem, pem), (self.key, key), (self.both, pem + key)):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                out.write(data)


class Certificates:
    """All of the lab. Persons are told to trust the CA `trusted`, and not the CA `foreign`.

    `faulty(kind, host)` makes a certificate for host that a client must refuse; the kinds are
    expired, selfsigned, wrongname and foreign.
    """

    FAULTS = ("expired", "selfsigned", "wrongname", "foreign")

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.trusted = Authority(folder, "ca")
        self.foreign = Authority(folder, "foreign-ca")

    def file(self, host):
        """The file of a good certificate that a server has."""
        return os.path.join(self.folder, host + ".crt")

    def good(self, host):
        return self.trusted.issue(host, host)

    def faulty(self, kind, host):
        label = f"{kind}-{host}"
        if kind == "expired":
            return self.trusted.issue(label, host, expired=True)
        if kind == "selfsigned":
            return self.trusted.issue(label, host, self_signed=True)
        if kind == "wrongname":
            return self.trusted.issue(label, "elsewhere.test")
        if kind == "foreign":
            return self.foreign.issue(label, host)
        raise ValueError(kind)


def fingerprint(path):
    """SHA-256 of a certificate, as the setting pin wants it."""
    with open(path, "rb") as pem:
        return x509.load_pem_x509_certificate(pem.read()).fingerprint(hashes.SHA256()).hex()
