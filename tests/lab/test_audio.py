# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound that works: codecs, encryption, figures, devices, mixing and recording."""

import os
import subprocess
import time
import wave

import pytest
from gi.repository import Gio, GLib

from lab.api import NAME
from lab.events import seen
from lab.process import until
from lab.tone import levels
from lab.test_calls import answer, tones_both_ways

# Each codec and each encryption once; all pairs of them with T6_PAIRS=all.
CODECS = {"opus": "opus/48000/2", "g722": "G722/8000", "pcmu": "PCMU/8000", "pcma": "PCMA/8000"}
ENCRYPTION = {"none": ("udp", None), "sdes-srtp": ("tls", "srtp-mand"),
              "dtls-srtp": ("tls", "dtls_srtp")}
PAIRS = [("opus", "dtls-srtp"), ("g722", "sdes-srtp"), ("pcma", "none")]
if os.environ.get("T6_PAIRS") == "all":
    PAIRS = [(codec, encryption) for codec in CODECS for encryption in ENCRYPTION]


def talk(world, queue, alice, peers, **settings):
    """A call from alice to a phone that is not ours; gives the call and the phone."""
    transport, srtp = ENCRYPTION[settings.pop("encryption", "none")]
    world.set_up(alice, transport, **settings)
    phone = peers.baresip("carol", transport=transport, srtp=srtp)
    call = alice.dial("Carol")
    queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    return call, phone


@pytest.mark.parametrize("codec,encryption", PAIRS)
def test_T6_T7_each_codec_and_encryption_carries_tones_both_ways(world, queue, alice, peers, say,
                                                                codec, encryption):
    how = {"media_encryption": "dtls"} if encryption == "dtls-srtp" else {}
    call, phone = talk(world, queue, alice, peers, codecs=[codec], encryption=encryption, **how)
    alice.wait(call, "Call", "Encryption", encryption)
    alice.wait(call, "Call", "Codec", CODECS[codec])
    tones_both_ways(world, say, f"{codec}, {encryption}", "c")
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T6_who_answers_chooses_the_codec_by_the_order_of_the_account(world, alice, peers):
    world.set_up(alice, "udp", codecs=["g722", "opus", "pcma"])
    phone = peers.baresip("carol", transport="udp", srtp=None)
    phone.dial(world.sip_uri("alice"))
    call = alice.incoming()
    answer(alice, call)
    alice.wait(call, "Call", "Codec", "G722/8000")
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")


def figures(person, call):
    return person.call(call, "Call", "GetStatistics")


def test_T13_figures_of_a_call_while_it_lasts_and_after(world, queue, alice, peers, say):
    call, phone = talk(world, queue, alice, peers, codecs=["g722"], encryption="sdes-srtp")
    with world.pulse.play("a", 440):
        until(lambda: figures(alice, call)["bitrate-received"] > 50_000, 8, "packets come")
        until(lambda: figures(alice, call)["input-level"] > -20, 3, "the meter moves")
        now = figures(alice, call)
    say(f"figures: {now}")
    assert now["packets-sent"] > 20 and now["packets-lost"] == 0 and now["packets-refused"] < 5
    assert now["codec"] == "G722/8000" and now["path"] == "direct"
    assert now["suite"] == "AEAD_AES_256_GCM"
    assert 50_000 < now["bitrate-received"] < 80_000 and 50_000 < now["bitrate-sent"] < 80_000
    assert 0 < now["output-latency"] < 1_000_000 and now["jitter"] < 100_000
    assert now["input-device-used"] == "mic_a.monitor" and "one-way" not in now
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")
    assert figures(alice, call)["packets-received"] >= now["packets-received"]


def test_T13_a_call_that_is_heard_in_one_direction_only_says_so(world, queue, alice, peers):
    call, phone = talk(world, queue, alice, peers)
    os.kill(phone.process.pid, 19)  # SIGSTOP: it sends nothing more, and stays in the call
    try:
        until(lambda: figures(alice, call).get("one-way") == "not-received", 6,
                   "the silence is told")
    finally:
        os.kill(phone.process.pid, 18)
    until(lambda: "one-way" not in figures(alice, call), 6, "the sound is back")


def test_T14_three_people_hear_one_another(world, queue, alice, bob, peers, say):
    first, _phone = talk(world, queue, alice, peers)
    world.set_up(bob, "udp", codecs=["opus"])
    second = alice.dial("Bob")
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(second, "Call", "State", "active")
    assert alice.refused(first, "Call", "Merge", "(o)", first).name == "InvalidArgument"
    alice.call(first, "Call", "Merge", "(o)", second)
    assert alice.get(first, "Call", "Merged") and alice.get(second, "Call", "Merged")
    with world.pulse.play("a", 440), world.pulse.play("b", 700), world.pulse.play("c", 1100):
        heard = {letter: world.pulse.hears_all(letter, tones) for letter, tones in
                 (("a", (700, 1100)), ("b", (440, 1100)), ("c", (440, 700)))}
        own = {letter: world.pulse.levels(letter, [tone], 1.5)[tone]
               for letter, tone in (("a", 440), ("b", 700), ("c", 1100))}
    say(f"three-way: heard {heard}, own voice {own}")
    assert all(level > -40 for tones in heard.values() for level in tones.values())
    assert all(level < -50 for level in own.values())
    bob.call(theirs, "Call", "Hangup")
    alice.wait(second, "Call", "State", "ended")
    alice.wait(first, "Call", "Merged", False)
    assert alice.get(first, "Call", "State") == "active"


def record(person, call, path):
    """StartRecording with a descriptor of the file."""
    with open(path, "wb") as out:
        files = Gio.UnixFDList.new_from_array([os.dup(out.fileno())])
        person.client.connection.call_with_unix_fd_list_sync(
            NAME, call, f"{NAME}.Call", "StartRecording", GLib.Variant("(ha{sv})", (0, {})), None,
            Gio.DBusCallFlags.NONE, 5000, files, None)


def test_T15_a_recording_has_both_sides_and_ends_with_the_call(world, queue, alice, peers, say):
    call, phone = talk(world, queue, alice, peers, codecs=["pcmu"])
    path = os.path.join(alice.folder, "call.opus")
    assert alice.get(call, "Call", "Recording") is False
    with world.pulse.play("a", 440), world.pulse.play("c", 660):
        assert world.pulse.hear("a", 660).is_tone(660)
        record(alice, call, path)
        alice.wait(call, "Call", "Recording", True)
        sent = figures(alice, call)["packets-sent"]
        until(lambda: figures(alice, call)["packets-sent"] > sent + 80, 8, "some sound")
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")
    assert alice.get(call, "Call", "Recording") is False
    plain = os.path.join(alice.folder, "call.wav")
    until(lambda: subprocess.run(["opusdec", "--quiet", "--rate", "48000", path, plain],
                                      check=False).returncode == 0, 5, "the file is complete")
    with wave.open(plain) as sound:
        assert sound.getnchannels() == 2
        frames = sound.readframes(sound.getnframes())
    left, right = (b"".join(frames[i + side:i + side + 2] for i in range(48000 * 4 // 2,
                                                                         len(frames) - 4, 24))
                   for side in (0, 2))
    near, far = levels(left, 8000, [440, 660]), levels(right, 8000, [440, 660])
    say(f"recorded: left {near}, right {far}")
    assert near[440] > -30 and near[660] < -50 and far[660] > -30 and far[440] < -50


def ring(world, alice, peers):
    phone = peers.baresip("carol", transport="udp", srtp=None)
    phone.dial(world.sip_uri("alice"))
    return alice.incoming(), phone


def test_T9_B3_it_rings_on_its_own_device_and_not_when_disturbing_is_forbidden(world, alice, peers,
                                                                              say):
    world.set_up(alice, "udp")
    alice.call("/org/cusax/Cusax1", "Admin", "SetPolicy", "(a{sv})",
               {"ring-device": GLib.Variant("s", "spk_b"),
                "ring-volume": GLib.Variant("u", 80)})
    call, phone = ring(world, alice, peers)
    until(lambda: "event" in world.pulse.roles(), 5, "it rings")
    assert world.pulse.playing() == ["spk_b"]
    alice.client.set("/org/cusax/Cusax1", "Manager", "Availability", GLib.Variant("s", "dnd"))
    until(lambda: not world.pulse.roles(), 5, "silence")
    alice.client.set("/org/cusax/Cusax1", "Manager", "Availability", GLib.Variant("s", "online"))
    until(lambda: "event" in world.pulse.roles(), 5, "it rings again")
    answer(alice, call)
    until(lambda: set(world.pulse.roles()) == {"phone"}, 5, "the ring tone ends")
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")
    until(lambda: not world.pulse.roles(), 5, "silence")


def test_T9_a_ringback_tone_is_heard_until_the_answer(world, queue, alice, peers, say):
    world.set_up(alice, "udp")
    phone = peers.baresip("carol", transport="udp", srtp=None)
    call = alice.dial("Carol")
    queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
    alice.wait(call, "Call", "State", "ringing")
    heard = world.pulse.hear("a", 425)
    say(f"ringback: {heard}")
    assert heard.is_tone(425)
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    until(lambda: len(world.pulse.playing()) == 2, 5, "only the two phones play")


def test_T9_devices_are_listed_with_the_default_marked(world, alice):
    devices = alice.call("/org/cusax/Cusax1", "Manager", "GetAudioDevices")
    found = {(device["direction"], device["name"]) for device in devices}
    assert {("output", "spk_a"), ("input", "mic_a.monitor")} <= found
    assert sum(device["default"] for device in devices) == 2


def test_R32_without_a_sound_server_devices_are_an_error_in_time(world, fresh):
    alice = fresh(world.alice).start_daemon({"PULSE_SERVER": f"unix:{world.folder}/no-pulse"})
    begin = time.monotonic()
    assert alice.refused("/org/cusax/Cusax1", "Manager", "GetAudioDevices").name == "NotFound"
    assert time.monotonic() - begin < 3


R32_TIMES = int(os.environ.get("R32_TIMES", "1"))


def test_R32_sound_comes_back_after_whatever_befalls_the_sound_server(world, queue, fresh, peers,
                                                                     say):
    """Kills PulseAudio, takes devices in use away, changes the default: the call goes on."""
    alice = fresh(world.alice).start_daemon({"PULSE_SINK": None, "PULSE_SOURCE": None})
    world.pulse.set_default("sink", "spk_a")
    world.pulse.set_default("source", "mic_a.monitor")
    call, phone = talk(world, queue, alice, peers)
    alice.wait(call, "Call", "OutputDeviceUsed", "spk_a")
    alice.client.set(call, "Call", "Muted", GLib.Variant("b", True))
    back = []

    def returns(what, device, act):
        begin = time.monotonic()
        act()
        alice.wait(call, "Call", "OutputDeviceUsed", device)
        until(lambda: figures(alice, call).get("output-device-used") == device and
              figures(alice, call)["input-device-used"], 5, f"{what}: both streams")
        back.append(time.monotonic() - begin)
        assert alice.get(call, "Call", "State") == "active"
        assert alice.get(call, "Call", "Muted") is True

    def restart():
        world.pulse.stop(9)
        world.pulse.start().ready()
        world.pulse.set_default("sink", "spk_a")
        world.pulse.set_default("source", "mic_a.monitor")

    for _ in range(R32_TIMES):
        returns("default changed", "spk_b", lambda: world.pulse.set_default("sink", "spk_b"))
        returns("default changed back", "spk_a", lambda: world.pulse.set_default("sink", "spk_a"))
        module = world.pulse.add_sink("usb")
        alice.client.set(call, "Call", "OutputDevice", GLib.Variant("s", "usb"))
        alice.wait(call, "Call", "OutputDeviceUsed", "usb")
        returns("device unplugged", "spk_a", lambda: world.pulse.unload(module))
        returns("device plugged in again", "usb", lambda: world.pulse.add_sink("usb"))
        alice.client.set(call, "Call", "OutputDevice", GLib.Variant("s", ""))
        alice.wait(call, "Call", "OutputDeviceUsed", "spk_a")
        returns("server killed", "spk_a", restart)
    back.sort()
    say(f"sound was back after {', '.join(f'{t:.2f}' for t in back)} s")
    assert back[int(len(back) * 0.95)] < 2.5
    with world.pulse.play("a", 440):
        until(lambda: figures(alice, call)["input-level"] > -30, 5, "the microphone is there")
        assert world.pulse.levels("c", [440])[440] < -60, "muted all the time"
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")


def test_T4_keys_of_the_other_side_are_heard(world, queue, alice, peers):
    call, phone = talk(world, queue, alice, peers)
    phone.command("sndcode", "7")
    queue.expect(seen("alice", "signal", member="DtmfReceived", values=("7",)))
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")
