# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP phone that is not ours: Debian's baresip program, steered over its control socket."""

import json
import os
import signal
import socket
import threading
import time

from lab import family, ports
from lab.process import Process

MODULES = "/usr/lib/baresip/modules"
CONFIG = """
poll_method epoll
call_local_timeout 60
call_max_calls 4
sip_listen {host}:{sip_port}
sip_cafile {ca}
audio_path /nonexistent
audio_player alsa,pulse
audio_source alsa,pulse
audio_alert none,none
audio_level no
ausrc_format s16
auplay_format s16
rtp_tos 0
rtp_ports 31000-32000
jitter_buffer_delay 1-4
net_interface {interface}
ctrl_tcp_listen 127.0.0.1:{control_port}
module_path {modules}
module g711.so
module opus.so
module g722.so
module alsa.so
module srtp.so
module dtls_srtp.so
module stun.so
module turn.so
module ice.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""
ACCOUNT = ('<sip:{user}@{domain}>;auth_user={user};auth_pass={password};'
           'outbound="{proxy}";regint=60;answermode={answermode}{more}\n')
ALSA = 'pcm.pulse { type pulse }\nctl.pulse { type pulse }\n'


class Baresip:
    """Events: the program's own, kind "baresip", with `type` (CALL_INCOMING, ...) and `peer`, and
    when they were read off the socket (`heard`).

    It speaks and hears through the null sinks of `letter`.
    """

    def __init__(self, queue, name, user, password, kamailio, domain, pulse, letter, ca, folder,
                 transport="tls", srtp="srtp-mand", codecs=None, nat=None, answermode="manual"):
        os.makedirs(folder, exist_ok=True)
        self.queue, self.name, self.folder = queue, name, folder
        self.control_port = ports.free_port()
        more = f";mediaenc={srtp}" if srtp else ""
        more += f";audio_codecs={codecs}" if codecs else ""
        more += f";medianat={nat}" if nat else ""
        self._write("config", CONFIG.format(host=family.LITERAL, interface=family.HOST,
                                            sip_port=ports.free_port(), ca=ca, modules=MODULES,
                                            control_port=self.control_port))
        self._write("accounts", ACCOUNT.format(user=user, domain=domain, password=password,
                                               proxy=kamailio.proxy(transport), more=more,
                                               answermode=answermode))
        self._write("contacts", "")
        self._write("asound.conf", ALSA)
        self.env = {**pulse.environment(letter), "HOME": folder, "XDG_RUNTIME_DIR": folder,
                    "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{folder}/asound.conf"}
        self.process = self._socket = self._reader = None

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as out:
            out.write(text)

    def start(self, reader=None):
        """reader: what reads the control socket, such as Clocked; None: this process."""
        self.process = Process(self.name, ["baresip", "-6" if family.SIX else "-4", "-f",
                                           self.folder, "-v"],
                               os.path.join(self.folder, "baresip.log"), env=self.env).start()
        self.process.ready(lambda: ports.accepts(self.control_port))
        self._socket = socket.create_connection(("127.0.0.1", self.control_port))
        self._reader = reader(self._socket) if reader else None
        threading.Thread(target=self._listen, daemon=True, name=f"baresip-{self.name}").start()
        return self

    def stop(self, signum=signal.SIGTERM):
        if self._socket:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        if self.process:
            self.process.stop(signum)

    def command(self, name, parameters=""):
        message = json.dumps({"command": name, "params": parameters, "token": ""}).encode()
        self._socket.sendall(b"%d:%s," % (len(message), message))

    def dial(self, uri):
        self.command("dial", uri)

    def accept(self):
        self.command("accept")

    def hangup(self):
        self.command("hangup")

    def _read(self):
        if self._reader:
            return self._reader.read()
        more = self._socket.recv(65536)
        return time.monotonic(), more

    def _listen(self):
        data = b""
        while True:
            try:
                when, more = self._read()
            except OSError:
                return
            if not more:
                return
            data += more
            while b":" in data:
                size, _, rest = data.partition(b":")
                if len(rest) <= int(size):
                    break
                self._heard(json.loads(rest[:int(size)]), when)
                data = rest[int(size) + 1:]

    def _heard(self, message, when):
        if message.get("event"):
            self.queue.push(self.name, "baresip", type=message.get("type"),
                            peer=message.get("peeruri"), param=message.get("param"), heard=when)
