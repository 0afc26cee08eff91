# SPDX-License-Identifier: GPL-3.0-or-later
"""SIPp: scripted callers and callees. The scenarios are the XML files in tests/lab/scenarios.

Words in capitals between at-signs (@TARGET@) are replaced before a scenario is run.
"""

import os

from lab import family, ports
from lab.process import Process

SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios")


class Sipp:
    """One run of one scenario against Kamailio over UDP."""

    def __init__(self, scenario, user, password, kamailio, domain, folder, target="", headers=(),
                 port=None, hold_ms=3000, echo=True, display="SIPp", calls=1, tone=""):
        """headers: whole lines that go into the INVITE; hold_ms: how long a call lasts; display:
        the name that the caller claims; calls: how many; tone: a
        file of PCMU that it plays."""
        os.makedirs(folder, exist_ok=True)
        self.port = port or ports.free_port()
        self.path = os.path.join(folder, f"{scenario}-{self.port}.xml")
        with open(os.path.join(SCENARIOS, f"{scenario}.xml")) as source:
            text = source.read()
        words = {"USER": user, "PASSWORD": password, "DOMAIN": domain, "TARGET": target,
                 "HOLD": str(hold_ms), "DISPLAY": display, "TONE": tone,
                 # a blank line would end the header: the placeholder's whole line goes or stays
                 "HEADERS\n": "".join(f"{line}\n" for line in headers)}
        for word, value in words.items():
            text = text.replace(f"@{word.strip()}@" + word[len(word.strip()):], value)
        with open(self.path, "w") as out:
            out.write(text)
        media = ports.free_port(3)  # for sound, and two above for pictures
        argv = ["sipp", f"{family.LITERAL}:{kamailio.port}", "-sf", self.path, "-i", family.HOST,
                "-p", self.port, "-mi", family.HOST, "-mp", media, "-m", calls, "-nostdin",
                "-trace_err", "-error_file", self.path + ".errors", "-timeout", "40",
                "-timeout_error", "-trace_msg", "-message_file", self.path + ".messages"]
        self.process = Process(f"sipp {scenario}", argv + (["-rtp_echo"] if echo else []),
                               self.path + ".log", cwd=folder)

    def start(self):
        self.process.start()
        return self

    def finish(self, timeout=20):
        """Waits for its end; AssertionError with its words unless the scenario ran as written."""
        code = self.process.wait(timeout)
        if code != 0:
            errors = self.path + ".errors"
            words = open(errors, errors="replace").read() if os.path.exists(errors) else ""
            raise AssertionError(f"{self.process.name} ended with {code}\n{words[-3000:]}"
                                 f"\n{self.process.tail(15)}")

    def messages(self):
        """The SIP messages that it sent and received."""
        path = self.path + ".messages"
        return open(path, errors="replace").read() if os.path.exists(path) else ""

    def stop(self):
        self.process.stop(patience=0.5)
