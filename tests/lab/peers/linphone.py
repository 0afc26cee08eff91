# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP phone that is not ours: Debian's linphonec, steered by what is typed at its prompt."""

import os
import re
import subprocess
import threading

from lab import family, ports
from lab.process import LabError, die_with_parent

SETTINGS = """[sip]
sip_port={udp}
sip_tcp_port={unbound}
sip_tls_port={tls}
bind_address={host}
use_ipv6={six}
ipv6_migration_done=1
verify_server_certs=1
verify_server_cn=0
guess_hostname=0
default_proxy=0
media_encryption={encryption}
media_encryption_mandatory={mandatory}
root_ca={ca}
use_rfc2833=1
use_info=0
[proxy_0]
reg_proxy=<{proxy}>
reg_route=<{proxy}>
reg_identity=sip:{user}@{domain}
reg_expires=60
reg_sendregister=1
[auth_info_0]
username={user}
passwd={password}
realm={domain}
domain={domain}
[rtp]
audio_rtp_port={rtp}-{rtp_end}
[sound]
echocancellation=0
playback_dev_id=ALSA Unknown: default
ringer_dev_id=ALSA Unknown: default
capture_dev_id=ALSA Unknown: default
remote_ring=/nonexistent
local_ring=/nonexistent
[video]
enabled=0
[misc]
real_early_media=0
"""
UNBOUND = -2  # its word for a transport that is not used
# What it prints, and the event that this is.
WORDS = (
    (r"Receiving new incoming call from (.*), assigned id (\d+)", "incoming"),
    (r"Call (\d+) to (.*) ringing", "ringing"),
    (r"Call (\d+) with (.*) early media", "early"),
    (r"Call (\d+) with (.*) connected", "connected"),
    (r"Media streams established with (.*) for call (\d+) \((.*)\)", "media"),
    (r"Call (\d+) with (.*) is now paused", "holding"),
    (r"Call (\d+) has been paused by (.*)\.", "held"),
    (r"Receiving tone (.) from (.*)", "digit"),
    (r"Call (\d+) with (.*) ended \((.*)\)", "ended"),
    (r"Call (\d+) with (.*) error", "error"),
    (r"Registration on (.*) successful", "registered"),
)


class Linphone:
    """Events: kind "linphone" with `type` (see WORDS) and `groups`, the words in the line."""

    def __init__(self, queue, name, user, password, kamailio, domain, pulse, letter, ca, folder,
                 transport="tls", encryption="srtp"):
        os.makedirs(folder, exist_ok=True)
        self.queue, self.name, self.folder = queue, name, folder
        rtp = ports.free_port() // 100 * 100
        settings = os.open(self._path("settings"), os.O_WRONLY | os.O_CREAT, 0o600)
        with open(settings, "w") as out:
            out.write(SETTINGS.format(
                udp=ports.free_port() if transport == "udp" else UNBOUND, unbound=UNBOUND,
                tls=ports.free_port() if transport == "tls" else UNBOUND,
                host=family.HOST, six=int(family.SIX), user=user, password=password,
                proxy=kamailio.proxy(transport), domain=domain, ca=ca, rtp=rtp, rtp_end=rtp + 99,
                encryption=encryption or "none", mandatory=1 if encryption else 0))
        self.env = {**os.environ, **pulse.environment(letter), "HOME": folder,
                    "XDG_RUNTIME_DIR": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        self._popen, self._lines, self._thread = None, [], None

    def _path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        for folder in ("linphone", ".local/share/linphone"):
            os.makedirs(self._path(folder), exist_ok=True)
        self._popen = subprocess.Popen(
            ["linphonec", "-c", self._path("settings"), "-d", "6", "-l", self._path("debug.log")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", env=self.env, cwd=self.folder, preexec_fn=die_with_parent())
        self._thread = threading.Thread(target=self._listen, daemon=True,
                                        name=f"linphonec-{self.name}")
        self._thread.start()
        return self

    def stop(self):
        if not self._popen:
            return
        if self._popen.poll() is None:
            self.type("quit")
        try:
            self._popen.wait(3)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(3)
        self._thread.join(2)
        self._popen.stdin.close()
        self._popen.stdout.close()

    def type(self, line):
        try:
            self._popen.stdin.write(line + "\n")
            self._popen.stdin.flush()
        except BrokenPipeError:
            raise LabError(f"{self.name} ended:\n" + "".join(self._lines[-40:])) from None

    def dial(self, uri):
        self.type(f"call {uri}")

    def accept(self):
        self.type("answer")

    def hangup(self):
        self.type("terminate")

    def _listen(self):
        for line in self._popen.stdout:
            self._lines.append(line)
            for pattern, kind in WORDS:
                found = re.search(pattern, line)
                if found:
                    self.queue.push(self.name, "linphone", type=kind, groups=found.groups())
