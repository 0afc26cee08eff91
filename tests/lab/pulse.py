# SPDX-License-Identifier: GPL-3.0-or-later
"""PulseAudio with null sinks instead of a sound card.

A person X speaks into the sink mic_x (its monitor is X's microphone) and hears from the sink spk_x.
Tones are played by the server's own generator; what arrives is measured in `tone`.
"""

import array
import contextlib
import os
import signal
import subprocess
import threading

from lab.process import Process, die_with_parent
from lab.tone import Reading, levels, measure

RATE = 8000
SINKS = ("mic_a", "spk_a", "mic_b", "spk_b", "mic_c", "spk_c")


class Pulse:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.socket = os.path.join(folder, "pulse.sock")
        self.server = f"unix:{self.socket}"
        self.script = os.path.join(folder, "lab.pa")
        self.process = None
        with open(self.script, "w") as out:
            out.write(f"load-module module-native-protocol-unix socket={self.socket} "
                      "auth-anonymous=1\n")
            # without rewinding a sink works in steps of 50 ms instead of 2 s: tones come at once
            for sink in SINKS:
                out.write(f"load-module module-null-sink sink_name={sink} rate=48000 channels=1 "
                          "norewinds=1\n")

    def start(self):
        env = {"HOME": self.folder, "XDG_RUNTIME_DIR": self.folder,
               "XDG_CONFIG_HOME": self.folder, "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
        self.process = Process(
            "pulseaudio", ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                           "--disallow-exit", "--use-pid-file=no", "--realtime=no",
                           "--high-priority=no", "-F", self.script],
            os.path.join(self.folder, "pulse.log"), env=env, cwd=self.folder).start()
        return self

    def ready(self):
        self.process.ready(lambda: os.path.exists(self.socket))
        self.process.ready(lambda: SINKS[-1] in self._pactl("list", "short", "sinks"))
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            self.process.stop(signum)
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def environment(self, letter):
        """What makes sink and microphone of one person the defaults of a program."""
        return {"PULSE_SERVER": self.server, "PULSE_SINK": f"spk_{letter}",
                "PULSE_SOURCE": f"mic_{letter}.monitor"}

    def _pactl(self, *arguments):
        return subprocess.run(["pactl", "--server", self.server, *arguments], text=True,
                              capture_output=True, timeout=5,
                              env={**os.environ, "HOME": self.folder}).stdout

    def play(self, letter, frequency):
        """The person speaks this tone until the returned Tone is stopped; a context manager too."""
        module = self._pactl("load-module", "module-sine", f"sink=mic_{letter}",
                             f"frequency={frequency}").strip()
        return Tone(self, module)

    def unload(self, module):
        self._pactl("unload-module", module)

    def roles(self):
        """The role of each program's stream that plays now: "phone", "event"."""
        listed = self._pactl("list", "sink-inputs")
        return [line.split('"')[1] for line in listed.splitlines() if "media.role" in line]

    def playing(self):
        """Stream → the sink that it is on, of programs: sink names by index."""
        sinks = {line.split("\t")[0]: line.split("\t")[1]
                 for line in self._pactl("list", "short", "sinks").splitlines()}
        return [sinks.get(line.split("\t")[1], "") for line in
                self._pactl("list", "short", "sink-inputs").splitlines()]

    def add_sink(self, name):
        """One more sink; gives its module, for unload()."""
        return self._pactl("load-module", "module-null-sink", f"sink_name={name}", "rate=48000",
                           "channels=1", "norewinds=1").strip()

    def set_default(self, kind, name):
        """kind: "sink" or "source"."""
        self._pactl(f"set-default-{kind}", name)

    def streams(self):
        """Names of the programs' streams (players, recorders) on this server, for leak tests."""
        return (self._pactl("list", "short", "sink-inputs") +
                self._pactl("list", "short", "source-outputs")).splitlines()

    def recorders(self):
        """Those that record: nobody does who listens only."""
        return self._pactl("list", "short", "source-outputs").splitlines()

    def hear(self, letter, expected, timeout=8, tolerance=0.02):
        """What arrives at the person's ear: a Reading, as soon as the expected tone is there.

        At the deadline the last Reading is returned as it is; the caller compares.
        """
        return self._listen(f"spk_{letter}.monitor", expected, timeout, tolerance)

    def gaps(self, letter):
        """Watches what arrives at the person's ear: a context manager, `longest` in seconds."""
        return Gaps(self._record(f"spk_{letter}.monitor"))

    def levels(self, letter, frequencies, seconds=1.0, source=None):
        """Frequency → dB below full scale of what arrives at the person's ear, over that time."""
        source = source or f"spk_{letter}.monitor"
        with self._recording(source) as recorder:
            # the first part is what the recorder needs to begin
            recorder.stdout.read(RATE // 4 * 2)
            sound = recorder.stdout.read(int(RATE * seconds) * 2)
        return levels(sound, RATE, frequencies)

    def hears_all(self, letter, frequencies, timeout=8, least=-40):
        """Waits until all these tones arrive together; gives their levels as measured last."""
        found = {}
        for _ in range(int(timeout)):
            found = self.levels(letter, frequencies, 0.5)
            if min(found.values()) > least:
                break
        return found

    @contextlib.contextmanager
    def _recording(self, source):
        recorder = self._record(source)
        try:
            yield recorder
        finally:
            recorder.kill()
            recorder.wait()
            recorder.stdout.close()

    def _record(self, source):
        return subprocess.Popen(
            ["parec", "--server", self.server, f"--device={source}", "--format=s16le", "--raw",
             f"--rate={RATE}", "--channels=1", "--latency-msec=40"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.folder}, preexec_fn=die_with_parent())

    def _listen(self, source, expected, timeout, tolerance):
        windows = int(timeout * 4)
        reading = Reading(0.0, 0.0, 0.0)
        with self._recording(source) as recorder:
            samples = b""
            for _ in range(windows):
                samples = (samples + recorder.stdout.read(RATE // 4 * 2))[-RATE * 2:]
                if len(samples) < RATE:
                    continue
                reading = measure(samples, RATE)
                if reading.is_tone(expected, tolerance):
                    break
        return reading


class Tone:
    def __init__(self, pulse, module):
        self.pulse, self.module = pulse, module

    def stop(self):
        if self.module:
            self.pulse.unload(self.module)
            self.module = None

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.stop()


class Gaps:
    """The longest silence between the first and the last sound of a recording."""

    QUIET = 300  # of 32768

    def __init__(self, recorder):
        self.recorder = recorder
        self.longest = 0.0
        self._heard = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self.recorder.kill()
        self._thread.join(2)
        self.recorder.wait()
        self.recorder.stdout.close()
        samples = array.array("h")
        samples.frombytes(self._heard[:len(self._heard) // 2 * 2])
        loud = [place for place, sample in enumerate(samples) if abs(sample) > self.QUIET]
        self.longest = max((after - before for before, after in zip(loud, loud[1:])),
                           default=len(samples)) / RATE

    def _read(self):
        while True:
            data = self.recorder.stdout.read(RATE // 10 * 2)
            if not data:
                return
            self._heard += data
