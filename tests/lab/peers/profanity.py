# SPDX-License-Identifier: GPL-3.0-or-later
"""An XMPP client that is not ours: Profanity, at a terminal of tmux's that is typed at and read."""

import os
import subprocess

from lab.process import LabError, until

ACCOUNT = """[{jid}]
enabled=true
jid={jid}
server=127.0.0.1
port={port}
resource=profanity
password={password}
tls.policy=trust
"""


class Profanity:
    """One logged-in client. It has no events: what it shows is looked at until it is there."""

    def __init__(self, jid, password, port, folder):
        self.jid, self.folder = jid, folder
        data = os.path.join(folder, "data", "profanity")
        os.makedirs(data)
        os.makedirs(os.path.join(folder, "config", "profanity"))
        accounts = os.path.join(data, "accounts")
        with open(os.open(accounts, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(ACCOUNT.format(jid=jid, port=port, password=password))
        self._socket = os.path.join(folder, "tmux")
        self._env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "TERM": "xterm",
                     "XDG_DATA_HOME": os.path.join(folder, "data"),
                     "XDG_CONFIG_HOME": os.path.join(folder, "config")}

    def _tmux(self, *words, check=True):
        return subprocess.run(["tmux", "-S", self._socket, "-f", "/dev/null", *words],
                              env=self._env, capture_output=True, text=True, check=check,
                              timeout=10).stdout

    def start(self):
        self._tmux("new-session", "-d", "-x", "200", "-y", "60", "profanity", "-a", self.jid)
        return self

    def ready(self, timeout=15):
        self.shows(f"{self.jid}/profanity logged in successfully", timeout)
        for setting in ("/receipts send on", "/receipts request on", "/correction on",
                        "/wins autotidy off"):
            self.type(setting)
        return self

    def stop(self):
        if os.path.exists(self._socket):
            self._tmux("kill-server", check=False)

    def type(self, line):
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def shows(self, text, timeout=8):
        """Waits until the text is on the screen."""
        try:
            until(lambda: text in self.screen(), timeout, f"Profanity shows {text!r}", every=0.05)
        except LabError as error:
            raise LabError(f"{error}\n{self.screen()}") from None
