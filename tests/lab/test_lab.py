# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab by itself: every server with its own peers, so that a later failure is the daemon's."""

import os
import signal
import subprocess
import sys

import pytest

from lab.ca import Certificates
from lab.dns import BlackHole, Dnsmasq, Steer
from lab.events import Forbidden, seen
from lab.peers.slix import Slix
from lab.process import until
from lab.relay import Relay


def test_the_lab_is_up_in_less_than_eight_seconds(world, say):
    say("ready after " + ", ".join(f"{what} {at:.2f} s" for what, at in world.times.items()))
    assert max(world.times.values()) < 8


def test_everything_runs_as_an_ordinary_user(world):
    assert os.geteuid() != 0
    for server in (world.prosody, world.kamailio, world.pulse, world.alice.bus,
                   world.alice.keyring):
        with open(f"/proc/{server.process.pid}/status") as status:
            uids = next(line for line in status if line.startswith("Uid:")).split()[1:]
        assert "0" not in uids, server


def test_prosody_serves_two_foreign_clients_over_verified_tls(world, queue, peers):
    carol, dave = peers.slix("carol"), peers.slix("dave")
    assert carol.facts["verified"] and carol.facts["tls"] in ("TLSv1.2", "TLSv1.3")
    number = dave.send(world.jid("carol"), "hello & good-bye")
    queue.expect(seen("carol", "message", sender=world.jid("dave"), body="hello & good-bye"))
    queue.expect(seen("dave", "receipt", id=number))


def test_prosody_keeps_vcards_and_rosters_as_they_were_written(world, peers):
    dave = peers.slix("dave")
    answer = str(dave.iq("get", "<vCard xmlns='vcard-temp'/>", to=world.jid("bob")))
    assert "<NUMBER>sip:bob@sip.test</NUMBER>" in answer and "<FN>Bob Brown</FN>" in answer
    roster = str(dave.iq("get", "<query xmlns='jabber:iq:roster'/>"))
    assert f'jid="{world.jid("alice")}"' in roster and 'subscription="both"' in roster


@pytest.mark.parametrize("kind", Certificates.FAULTS)
def test_prosody_has_a_host_with_a_certificate_fault(world, kind):
    check = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{world.prosody.port}", "-starttls", "xmpp",
         "-xmpphost", f"{kind}.test", "-verify_hostname", f"{kind}.test", "-CAfile", world.ca,
         "-verify_return_error"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=10)
    words = {"expired": "has expired", "selfsigned": "self-signed", "wrongname": "ostname mismatch",
             "foreign": "unable to get local issuer"}
    assert words[kind] in check.stdout + check.stderr


def test_ejabberd_serves_two_foreign_clients_over_verified_tls(world, queue, ejabberd, peers):
    def client(name):
        return peers.keep(Slix(queue, f"{name}-e", f"{name}@ejabberd.test", world.password(name),
                               ejabberd.port, world.ca).start().ready())
    alice, carol = client("alice"), client("carol")
    assert carol.facts["verified"]
    number = alice.send("carol@ejabberd.test", "from another server")
    queue.expect(seen("carol-e", "message", body="from another server"))
    queue.expect(seen("alice-e", "receipt", id=number))


@pytest.mark.parametrize("transport,srtp", [("udp", None), ("tcp", None), ("tls", "srtp-mand")])
def test_two_foreign_phones_hear_each_other(world, queue, peers, say, transport, srtp):
    peers.baresip("bob", "b", transport=transport, srtp=srtp)
    caller = peers.baresip("carol", "c", transport=transport, srtp=srtp)
    world.kamailio.wait_registered("bob")
    world.kamailio.wait_registered("carol")
    caller.dial("sip:bob@sip.test")
    queue.expect(seen("baresip-bob", "baresip", type="CALL_INCOMING"))
    peers.running[0].accept()
    queue.expect(seen("baresip-carol", "baresip", type="CALL_ESTABLISHED"))
    with world.pulse.play("c", 440), world.pulse.play("b", 660):
        there, back = world.pulse.hear("b", 440), world.pulse.hear("c", 660)
    say(f"{transport}: {there} there, {back} back")
    assert there.is_tone(440) and back.is_tone(660)
    caller.hangup()
    queue.expect(seen("baresip-bob", "baresip", type="CALL_CLOSED"))


def test_sipp_calls_sipp_through_the_proxy(world, peers):
    registration = peers.sipp("register", user="carol")
    registration.finish()
    callee = peers.sipp("callee", user="carol", port=registration.port)
    mark = world.kamailio.mark()
    caller = peers.sipp("caller", target="carol", hold_ms=100,
                        headers=["Call-Info: <xmpp:mallory@xmpp.test>;purpose=impp"])
    caller.finish()
    callee.finish()
    assert "Call-Info: <xmpp:mallory@xmpp.test>;purpose=impp" in callee.messages()
    assert "P-Asserted-Identity: <sip:mallory@sip.test>" in callee.messages()
    requests = world.kamailio.requests(since=mark)
    assert {"INVITE", "ACK", "BYE"} <= {request["method"] for request in requests}
    assert requests[-1]["from"] == "sip:mallory@sip.test"
    invite = next(request for request in requests if request["callinfo"] != "<null>")
    assert invite["callinfo"] == "<xmpp:mallory@xmpp.test>;purpose=impp"


def test_the_keyring_keeps_a_secret_and_can_be_locked_and_unlocked(world):
    person = world.alice
    person.fresh()
    store = subprocess.run(["secret-tool", "store", "--label=lab", "lab", "yes"], env=person.env,
                           input="a secret", text=True, timeout=10)
    assert store.returncode == 0
    assert ("lab", "a secret") in [(label, secret) for label, _, secret in person.keyring.secrets()]
    person.keyring.lock()
    assert person.keyring.secrets() == []
    person.keyring.unlock()
    assert len(person.keyring.secrets()) == 1
    person.keyring.forget()
    assert person.keyring.secrets() == []


def test_names_are_answered_by_the_lab_or_by_nobody(world, peers):
    folder = os.path.join(world.folder, "dns")
    steer = Steer(folder)
    names = peers.keep(Dnsmasq(folder, ["host-record=a.test,127.0.0.7"]).start().ready())
    hole = peers.keep(BlackHole())

    def look_up(name, timeout):
        return subprocess.run([sys.executable, "-c", "import socket, sys; "
                               f"print(socket.gethostbyname('{name}'))"], text=True,
                              env={**os.environ, **steer.environment()}, capture_output=True,
                              timeout=timeout)
    steer.point(names)
    assert look_up("a.test", 5).stdout.strip() == "127.0.0.7"
    assert "gaierror" in look_up("nowhere.invalid", 5).stderr
    steer.point(hole)
    with pytest.raises(subprocess.TimeoutExpired):
        look_up("a.test", 1)
    assert hole.questions() > 0


def test_the_relay_passes_stalls_and_cuts(world, queue, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.chat.port)))
    dave = peers.slix("dave")
    carol = peers.keep(Slix(queue, "carol", world.jid("carol"), world.password("carol"), relay.port,
                            world.ca).start().ready())
    with queue.forbid(seen("carol", "message")):
        relay.stall()
        dave.send(world.jid("carol"), "waits", receipt=False)
        dave.iq("get", "<query xmlns='jabber:iq:roster'/>")
    relay.go()
    queue.expect(seen("carol", "message", body="waits"))
    with pytest.raises(Forbidden), queue.forbid(seen("carol", "message")):
        dave.send(world.jid("carol"), "noticed", receipt=False)
        queue.expect(seen("carol", "message", body="noticed"))
    relay.reset()
    carol._thread.join(5)
    assert not carol._thread.is_alive()


@pytest.mark.parametrize("how", ["end", "interrupt", "kill-inner", "kill-keeper"])
def test_nothing_is_left_behind(world, how):
    keeper = subprocess.Popen([sys.executable, "-m", "lab.enter", "probe"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    inner, folder, *servers = keeper.stdout.readline().split()
    if how == "end":
        keeper.stdin.close()
    elif how == "interrupt":
        keeper.send_signal(signal.SIGINT)
    elif how == "kill-inner":
        os.kill(int(inner), signal.SIGKILL)
    else:
        keeper.kill()
    keeper.wait(15)
    # an orphan of a killed keeper has no one left to end it: the kernel tells only the servers
    left = [pid for pid in [inner, *servers[how == "kill-keeper":]]]
    until(lambda: not [pid for pid in left if os.path.exists(f"/proc/{pid}")], 10,
          f"all of {left} are gone")
    until(lambda: not os.path.exists(folder), 5, f"{folder} is gone")
    if how == "kill-keeper":
        os.kill(int(servers[0]), signal.SIGKILL)
