# SPDX-License-Identifier: GPL-3.0-or-later
"""What is heard when it rings: the sound theme's tone, the person's own file, or a tone made here."""

import os
import subprocess

import pytest
from gi.repository import GLib

from lab.process import LabError
from lab.test_audio import ring

HERE = os.path.dirname(os.path.abspath(__file__))
THEME, OWN, MADE = 880, 990, 425
PLACE = "sounds/freedesktop/stereo/phone-incoming-call.oga"


@pytest.fixture(scope="module")
def tune(world):
    """Writes a ring tone of a frequency to a path."""
    program = os.path.join(world.folder, "ringtone")
    built = subprocess.run(["cc", "-O1", "-o", program, os.path.join(HERE, "ringtone.c"),
                            "-lvorbisenc", "-lvorbis", "-logg", "-lm"], capture_output=True,
                           text=True)
    if built.returncode:
        raise LabError(f"ringtone.c: {built.stderr}")

    def write(path, frequency):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            subprocess.run([program, str(frequency)], stdout=out, check=True)
    return write


@pytest.mark.parametrize("wanted", [THEME, OWN, MADE])
def test_T9_the_ring_tone_that_is_heard(world, queue, fresh, peers, say, tune, wanted):
    alice = fresh(world.alice)
    themes = os.path.join(alice.folder, "themes")
    if wanted != MADE:
        tune(os.path.join(themes, PLACE), THEME)
    own = os.path.join(alice.folder, "own.oga")
    tune(own, OWN)
    # the themes of this machine are not looked at
    alice.start_daemon({"XDG_DATA_DIRS": themes if wanted != MADE else "/nonexistent"})
    world.set_up(alice, "udp")
    if wanted == OWN:
        alice.call("/org/cusax/Cusax1", "Admin", "SetPolicy", "(a{sv})",
                   {"ring-sound": GLib.Variant("s", own)})
    call, phone = ring(world, alice, peers)
    heard = world.pulse.hear("a", wanted)
    say(f"it rings with {heard}")
    assert heard.is_tone(wanted)
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")
