# SPDX-License-Identifier: GPL-3.0-or-later
"""What a daemon must not do: stall its main loop while it connects, or wake up while it is idle."""

import os

from lab.api import ROOT
from lab.dns import BlackHole, Steer
from lab.meter import StallMeter, memory
from lab.prosody import FAULTY_HOSTS

LIMIT_MS = 50


def judge(meter, say, what):
    say(f"{what}: {meter}")
    assert meter.failed is None and meter.calls > 5
    assert meter.worst < LIMIT_MS


def test_the_main_loop_does_not_stall_while_both_sides_connect(world, alice, say):
    world.set_up(alice)
    with StallMeter(alice) as meter:
        for _ in range(5):
            accounts = alice.client.paths("Account")
            for account in accounts:
                alice.call(account, "Account", "Disconnect")
            for account in accounts:
                alice.call(account, "Account", "Connect")
            for account in accounts:
                alice.wait_state(account, "online")
    judge(meter, say, "five connects of both sides")


def test_the_main_loop_does_not_stall_in_a_call(world, alice, bob, say):
    world.set_up(alice)
    world.set_up(bob)
    with StallMeter(alice) as meter:
        call = alice.dial("Bob")
        theirs = bob.incoming()
        bob.call(theirs, "Call", "Accept", "(a{sv})", {})
        alice.wait(call, "Call", "State", "active")
        with world.pulse.play("a", 440):
            world.pulse.hear("b", 440)
        alice.call(call, "Call", "Hangup")
        bob.wait(theirs, "Call", "State", "ended")
    judge(meter, say, "a call from dialling to its end")


def test_the_main_loop_does_not_stall_while_the_name_server_is_silent(world, queue, fresh, say):
    alice = fresh(world.alice)
    steer, hole = Steer(os.path.join(world.folder, "steer-quiet")), BlackHole()
    steer.point(hole)
    alice.start_daemon(steer.environment())
    with StallMeter(alice) as meter:
        xmpp = world.add_xmpp(alice, server=None, port=None)
        sip = world.add_sip(alice, proxy=None, dns_servers=[hole.address])
        for account in (xmpp, sip):
            alice.wait_state(account, "connecting")
        alice.wait_state(xmpp, "waiting", 40)
    assert hole.questions() > 0
    hole.stop()
    judge(meter, say, "a silent name server")


def test_the_main_loop_does_not_stall_while_certificates_are_refused(world, alice, say):
    with StallMeter(alice) as meter:
        for kind, host in FAULTY_HOSTS.items():
            xmpp, sip = world.add_xmpp(alice, host), world.add_sip(alice, fault=kind)
            for account in (xmpp, sip):
                alice.wait_state(account, "waiting")
                alice.call(ROOT, "Admin", "RemoveAccount", "(oa{sv})", account, {})
    judge(meter, say, "eight refused certificates")


def test_an_idle_daemon_does_not_wake_up(idler, say):
    """Watched since the beginning of the run, while other tests kept the servers busy."""
    switches = idler.join()
    total = sum(switches.values())
    say(f"{total} wake-ups in {idler.seconds} s: {switches}")
    say("resident {:.1f} MiB, private {:.1f} MiB".format(*memory(idler.person.daemon.pid)))
    assert idler.person.stop_daemon() == 0
    assert total == 0
