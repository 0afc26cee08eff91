# SPDX-License-Identifier: GPL-3.0-or-later
"""An XMPP client that is not ours: Debian's nbxmpp, the library of Gajim, in a process of its own."""

import json
import os
import subprocess
import threading

from lab.process import LabError, die_with_parent

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nbx_client.py")


class Nbx:
    """One logged-in client. Events: online, message, receipt, marker, reactions."""

    def __init__(self, queue, name, jid, password, port, ca, certificates, log):
        """certificates: files of the servers' own certificates, which it accepts."""
        self.queue, self.name, self.jid, self.log = queue, name, jid, log
        self._argv = ["/usr/bin/python3", PROGRAM, jid, str(port), ca, *certificates]
        self._password, self._popen = password, None
        self._online = threading.Event()
        self._ids = 0

    def start(self):
        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(self._argv, stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=log, text=True,
                                           preexec_fn=die_with_parent())
        self._write(self._password)
        threading.Thread(target=self._listen, daemon=True, name=f"nbx-{self.name}").start()
        return self

    def ready(self, timeout=15):
        if not self._online.wait(timeout):
            with open(self.log) as log:
                raise LabError(f"{self.name} (nbxmpp) did not log in:\n{log.read()[-2000:]}")
        return self

    def stop(self):
        if self._popen:
            self._popen.stdin.close()
            try:
                self._popen.wait(3)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait(3)

    def send(self, to, body=None, **how):
        """Sends a message; how: receipt, replaces, reply and quoted, target and reactions,
        displayed, encrypt. Returns its id."""
        self._ids += 1
        number = f"nbx-{self._ids}"
        self._write({"to": to, "id": number, "body": body, **how})
        return number

    def _write(self, order):
        self._popen.stdin.write(json.dumps(order) + "\n")
        self._popen.stdin.flush()

    def _listen(self):
        for line in self._popen.stdout:
            event = json.loads(line)
            if event["kind"] == "online":
                self._online.set()
            self.queue.push(self.name, event.pop("kind"), **event)
