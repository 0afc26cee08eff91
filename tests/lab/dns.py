# SPDX-License-Identifier: GPL-3.0-or-later
"""Names: a private dnsmasq, a name server that never answers, and how to point a program there.

SIP accounts take `dns-servers`. All else asks through the C library, which knows port 53 only: for
that `steer.c` is preloaded, so that the library's own resolver asks the server in $LAB_DNS_FILE
instead. The file is read at every question: names can die and be repaired while a program runs.
"""

import os
import signal
import socket
import subprocess

from lab import ports
from lab.process import LabError, Process


class Dnsmasq:
    """records: dnsmasq options such as "host-record=x.test,127.0.0.1" or "srv-host=..."."""

    def __init__(self, folder, records, port=None):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.port = folder, port or ports.free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.config = os.path.join(folder, "dnsmasq.conf")
        with open(self.config, "w") as out:
            out.write(f"port={self.port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\n"
                      "no-hosts\nno-daemon\nlocal=/test/\nlocal=/invalid/\ncache-size=0\n"
                      "pid-file=\n")
            out.write("".join(f"{record}\n" for record in records))

    def start(self):
        self.process = Process("dnsmasq", ["dnsmasq", f"--conf-file={self.config}"],
                               os.path.join(self.folder, "dnsmasq.log")).start()
        return self

    def ready(self):
        self.process.ready(lambda: ports.accepts(self.port))
        return self

    def stop(self, signum=signal.SIGTERM):
        self.process.stop(signum)


class BlackHole:
    """A name server that takes every question and answers none."""

    def __init__(self):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def questions(self):
        """How many questions have arrived since the last time this was asked."""
        count = 0
        while True:
            try:
                self.udp.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return count
            count += 1

    def stop(self):
        self.udp.close()


class Steer:
    """Points the C library's resolver of chosen programs to a server of the lab."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.file = os.path.join(folder, "name-server")
        self.library = os.path.join(folder, "steer.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "steer.c")
        built = subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"],
            capture_output=True, text=True)
        if built.returncode:
            raise LabError(f"steer.c: {built.stderr}")

    def point(self, server):
        """server: anything with a `port`."""
        with open(self.file + ".new", "w") as out:
            out.write(f"{server.port}\n")
        os.replace(self.file + ".new", self.file)

    def environment(self):
        return {"LD_PRELOAD": self.library, "LAB_DNS_FILE": self.file}
