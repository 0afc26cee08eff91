# SPDX-License-Identifier: GPL-3.0-or-later
"""coturn: a STUN and TURN server on loopback, by UDP, TCP and TLS.

It has a login for each user, or a secret that it shares with a chat server, which makes logins from
it (XEP-0215).
"""

import os
import re
import signal

from lab import family, ports
from lab.process import Process

HOST = REALM = "turn.test"


class Coturn:
    def __init__(self, folder, passwords, certificate, secret=None, port=None):
        """certificate: of TLS; secret: then passwords are of no use."""
        os.makedirs(folder, exist_ok=True)
        self.folder, self.passwords, self.secret = folder, passwords, secret
        self.certificate = certificate
        self.port, self.tls_port = port or ports.free_port(), ports.free_port()
        self.address = f"{family.LITERAL}:{self.port}"
        self.log = os.path.join(folder, "coturn.log")
        self.process = None

    def start(self):
        users = [f"--user={name}:{password}" for name, password in self.passwords.items()]
        if self.secret:
            users = ["--use-auth-secret", f"--static-auth-secret={self.secret}"]
        self.process = Process("coturn", [
            "turnserver", "-n", f"--listening-ip={family.HOST}", f"--relay-ip={family.HOST}",
            f"--listening-port={self.port}", f"--tls-listening-port={self.tls_port}",
            f"--cert={self.certificate.pem}", f"--pkey={self.certificate.key}", "--no-dtls",
            "--no-cli", "--allocation-default-address-family=keep",
            "--lt-cred-mech", "--fingerprint", f"--realm={REALM}", "--allow-loopback-peers",
            "--min-port=40000", "--max-port=40999", "--no-multicast-peers", "--verbose",
            f"--userdb={self.folder}/turndb", f"--pidfile={self.folder}/pid", "--log-file=stdout",
            "--simple-log", *users], self.log, cwd=self.folder).start()
        return self

    def ready(self):
        self.process.ready(lambda: "listener opened on" in self.text())
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            self.process.stop(signum)

    def text(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, errors="replace") as log:
            return log.read()

    def relayed(self):
        """How many allocations were made so far."""
        return len(re.findall(r"ALLOCATE processed, success", self.text()))

    def connections(self):
        """How many have come by TCP or TLS so far."""
        return self.text().count("tcp or tls connected to")
