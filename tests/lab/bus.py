# SPDX-License-Identifier: GPL-3.0-or-later
"""A private session bus: its own dbus-daemon, which activates nothing but what the lab tells it."""

import os
import signal

from lab.ports import accepts_local
from lab.process import Process

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Bus:
    def __init__(self, folder):
        self.folder = folder
        self.socket = os.path.join(folder, "bus")
        self.services = os.path.join(folder, "dbus-services")
        os.makedirs(self.services, exist_ok=True)
        self.address = f"unix:path={self.socket}"
        self.process = None

    def start(self, env=None):
        config = os.path.join(self.folder, "bus.conf")
        with open(config, "w") as out:
            out.write(CONFIG.format(socket=self.socket, services=self.services))
        self.process = Process(
            "dbus-daemon", ["dbus-daemon", "--nofork", f"--config-file={config}"],
            os.path.join(self.folder, "bus.log"), env=env).start()
        return self

    def ready(self):
        self.process.ready(lambda: accepts_local(self.socket))
        return self

    def offer(self, name, command):
        """Lets the bus start a program when somebody asks for its name."""
        with open(os.path.join(self.services, f"{name}.service"), "w") as out:
            out.write(f"[D-BUS Service]\nName={name}\nExec={command}\n")

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            self.process.stop(signum)
