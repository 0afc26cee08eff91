# SPDX-License-Identifier: GPL-3.0-or-later
"""R5 for telephony: sixteen ways in which TLS can be wrong; no secret octet is sent to any of them.

Each is a server of its own with one fault, and an account of its own that is sent there. What a server
can read, and what it gets in clear, is kept and searched.
"""

import datetime
import os
import socket
import ssl
import threading
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.api import ROOT

HOST = "sip.test"
DAY = datetime.timedelta(days=1)
UNTRUSTED, REQUIRED, UNREACHED = ("Untrusted",), ("SecurityRequired",), (
    "NotRegistered", "Timeout", "SecurityRequired")


class Maker:
    """Makes chains that end in the lab's trusted CA, with one thing wrong."""

    def __init__(self, world, folder):
        os.makedirs(folder, exist_ok=True)
        self.world, self.folder = world, folder
        self.trusted, self.foreign = world.certificates.trusted, world.certificates.foreign

    def certificate(self, names, issuer=None, ca=False, key=None, start=-5 * DAY, end=10 * DAY,
                    purpose=ExtendedKeyUsageOID.SERVER_AUTH, path=None):
        """(certificate, key); issuer: (subject, key), by default the trusted CA."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        by = issuer or (self.trusted.subject, self.trusted.key)
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(by[0] or subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + start).not_valid_after(now + end)
                   .add_extension(x509.BasicConstraints(ca=ca, path_length=path), critical=True))
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName(
                [x509.DNSName(name) for name in names]), critical=False).add_extension(
                    x509.ExtendedKeyUsage([purpose]), critical=False)
        return builder.sign(by[1] or key, hashes.SHA256()), key

    def issuer(self, name, above=None, **how):
        """An authority below another: (subject, key, certificate)."""
        certificate, key = self.certificate([name], above[:2] if above else None, ca=True, **how)
        return certificate.subject, key, certificate

    def files(self, label, leaf, chain=()):
        certificate, key = leaf
        path = os.path.join(self.folder, f"{label}.pem")
        with open(path, "wb") as out:
            out.write(key.private_bytes(serialization.Encoding.PEM,
                                        serialization.PrivateFormat.PKCS8,
                                        serialization.NoEncryption()))
            for one in (certificate, *chain):
                out.write(one.public_bytes(serialization.Encoding.PEM))
        return path


def chain_of(maker, length):
    """Authorities, each below the one before, the last of which signs."""
    found = [maker.issuer("first step")]
    while len(found) < length:
        found.append(maker.issuer(f"step {len(found)}", found[-1]))
    return found


def pem_of(maker, kind):
    """The file of the certificate with that fault, or of the good one."""
    make, below = maker.certificate, None
    if kind == "expired":
        return maker.files(kind, make([HOST], start=-9 * DAY, end=-1 * DAY))
    if kind == "not yet valid":
        return maker.files(kind, make([HOST], start=2 * DAY))
    if kind == "self-signed":
        return maker.files(kind, make([HOST], issuer=(None, None)))
    if kind == "wrong name":
        return maker.files(kind, make(["other.test"]))
    if kind == "a name with more behind":
        return maker.files(kind, make([HOST + ".evil.test"]))
    if kind == "wildcard of the parent":
        return maker.files(kind, make(["*.test.example", "*.sip.test"]))
    if kind == "foreign authority":
        return maker.files(kind, make([HOST], issuer=(maker.foreign.subject, maker.foreign.key)))
    if kind == "issuer is no authority":
        certificate, key = make(["leaf.test"])
        return maker.files(kind, make([HOST], issuer=(certificate.subject, key)), [certificate])
    if kind == "a step is missing":
        below = chain_of(maker, 2)
        return maker.files(kind, make([HOST], issuer=below[-1][:2]), [below[0][2]])
    if kind == "a step has expired":
        subject, key, step = maker.issuer("old step", start=-9 * DAY, end=-1 * DAY)
        return maker.files(kind, make([HOST], issuer=(subject, key)), [step])
    if kind == "a chain longer than allowed":
        top = maker.issuer("short", path=0)
        under = maker.issuer("under short", top)
        return maker.files(kind, make([HOST], issuer=under[:2]), [under[2], top[2]])
    if kind == "for clients only":
        return maker.files(kind, make([HOST], purpose=ExtendedKeyUsageOID.CLIENT_AUTH))
    if kind == "weak key":
        return maker.files(kind, make([HOST], key=rsa.generate_private_key(65537, 1024)))
    if kind == "good, three steps":
        below = chain_of(maker, 3)
        return maker.files(kind, make([HOST], issuer=below[-1][:2]),
                           [step[2] for step in reversed(below)])
    return maker.files(kind, make([HOST]))


class Server:
    """Accepts connections, shakes hands as its kind says, keeps every octet that it can read."""

    def __init__(self, kind, pem):
        self.kind = kind
        self.heard, self.hands = bytearray(), 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers("ALL:@SECLEVEL=0")
        self.context.load_cert_chain(pem)
        if kind == "TLS 1.1":
            warnings.simplefilter("ignore", DeprecationWarning)
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(1)
        self.listener.close()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(2)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.kind == "no TLS at all":
                connection.sendall(b"SIP/2.0 400 Bad Request\r\n\r\n")
                self._read(connection)
            elif self.kind != "closes at once":
                with self.context.wrap_socket(connection, server_side=True) as secure:
                    self.hands += 1
                    self._read(secure)
        except OSError:
            pass
        finally:
            connection.close()

    def _read(self, stream):
        while True:
            data = stream.recv(65536)
            if not data:
                return
            self.heard += data


FAULTS = {
    "expired": UNTRUSTED, "not yet valid": UNTRUSTED, "self-signed": UNTRUSTED,
    "wrong name": UNTRUSTED, "a name with more behind": UNTRUSTED,
    "wildcard of the parent": UNTRUSTED, "foreign authority": UNTRUSTED,
    "issuer is no authority": UNTRUSTED, "a step is missing": UNTRUSTED,
    "a step has expired": UNTRUSTED, "a chain longer than allowed": UNTRUSTED,
    "for clients only": UNTRUSTED, "weak key": UNTRUSTED, "TLS 1.1": REQUIRED,
    "no TLS at all": REQUIRED, "closes at once": UNREACHED}
GOOD = "good, three steps"


def test_R5_no_fault_of_tls_gets_an_octet_of_a_secret(world, alice, peers, say):
    maker = Maker(world, os.path.join(world.folder, "faults"))
    servers = {kind: peers.keep(Server(kind, pem_of(maker, kind))) for kind in [*FAULTS, GOOD]}
    accounts = {}
    for number, (kind, server) in enumerate(servers.items()):
        accounts[kind] = alice.add_account(
            "sip", f"user{number}@{HOST}", world.password("alice"), transport="tls",
            proxy=f"sip:127.0.0.1:{server.port};transport=tls", ca_file=world.ca)
    reasons = {}
    for kind, allowed in FAULTS.items():
        alice.until(lambda kind=kind, allowed=allowed: alice.error_of(accounts[kind]) in allowed,
                    15, f"{kind}: one of {allowed}")
        reasons[kind] = alice.get(accounts[kind], "Account", "StateReason")
        assert reasons[kind]
        assert not alice.get(accounts[kind], "Account", "Security").get("tls-verified", False)
    # the good chain is spoken to: a REGISTER, without a password, which nobody has asked for
    alice.until(lambda: b"REGISTER" in servers[GOOD].heard, 5, "the good chain is trusted")
    for kind, server in servers.items():
        heard = bytes(server.heard)
        assert world.canary().encode() not in heard and b"response=" not in heard
        if kind != GOOD:
            assert b"REGISTER" not in heard and b"alice" not in heard, (kind, heard[:200])
    for kind, reason in reasons.items():
        say(f"{kind}: {reason}")
    # nothing of it went another way, and none of it is a fault of the others
    assert alice.get(ROOT, "Manager", "Version")
