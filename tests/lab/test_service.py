# SPDX-License-Identifier: GPL-3.0-or-later
"""One service of two sides: protection, policies, features, and what the provider does."""

import pytest
from gi.repository import GLib

from lab.api import ROOT, options
from lab.events import seen
from lab.peers.slix import vcard

BODY = "<message to='{to}' type='chat' id='off-1'><body>anybody there?</body></message>"


def security(person, account):
    return person.get(account, "Account", "Security")


def test_C91_C92_C93_both_sides_show_their_protection_and_are_secure_together(world, alice):
    mine = world.set_up(alice)
    alice.wait(mine.service, "Service", "Secure", True)
    chat, telephony = security(alice, mine.xmpp), security(alice, mine.sip)
    assert chat["authentication"].startswith("SCRAM-") and chat["tls-verified"]
    assert telephony["authentication"].startswith("digest-") and telephony["tls-verified"]
    assert chat["tls-version"].startswith("TLSv1.") and telephony["tls-cipher"]
    assert alice.get(mine.service, "Service", "SecurityMismatch") == []


def test_C93_C94_one_side_without_tls_is_never_secure_together(world, alice):
    mine = world.set_up(alice, "udp")
    alice.wait(mine.service, "Service", "State", "online")
    assert alice.get(mine.service, "Service", "Secure") is False
    assert "telephony-no-tls" in alice.get(mine.service, "Service", "SecurityMismatch")
    assert "no-tls" in security(alice, mine.sip)["weak"]


def test_C95_C96_one_act_brings_both_sides_to_the_same_level(world, alice):
    mine = world.set_up(alice, srtp="off")
    alice.wait(mine.service, "Service", "SecurityMismatch", ["media-encryption"])
    changes = alice.call(mine.service, "Service", "RaiseSecurity")
    assert changes[mine.sip] == {"srtp": "require"} and changes["advice"]
    alice.wait(mine.service, "Service", "Secure", True)
    alice.wait_state(mine.sip, "online")


def test_X11_C99_call_and_chat_show_their_encryption_side_by_side(world, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    contact = bob.contact(world.jid("alice"))
    bob.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    alice.dial(world.sip_uri("bob"))
    call = bob.incoming()
    bob.call(call, "Call", "Accept", "(a{sv})", {})
    bob.wait(call, "Call", "State", "active")
    bob.wait(call, "Call", "Identity", "verified")
    bob.wait(call, "Call", "Encryption", "sdes-srtp")
    chat = bob.call(call, "Call", "OpenChat")
    assert bob.get(chat, "Chat", "Encryption") == "none"
    bob.call(call, "Call", "Hangup")


def test_B2_others_see_that_one_is_on_the_phone_and_never_less_than_wanted(
        world, queue, alice, bob, peers):
    world.set_up(alice)
    world.set_up(bob)
    dave = peers.slix("dave")
    me = world.jid("alice")

    def in_call(until):
        call = alice.dial(world.sip_uri("bob"))
        theirs = bob.incoming()
        bob.call(theirs, "Call", "Accept", "(a{sv})", {})
        alice.wait(call, "Call", "State", "active")
        until()
        alice.call(call, "Call", "Hangup")
        bob.wait(theirs, "Call", "State", "ended")

    queue.expect(seen("dave", "presence", sender=me, type="available"))
    in_call(lambda: queue.expect(seen("dave", "presence", sender=me, type="dnd")))
    queue.expect(seen("dave", "presence", sender=me, type="available"))
    # a stricter wish of the user is left alone
    alice.client.set(ROOT, "Manager", "Availability", "xa")
    queue.expect(seen("dave", "presence", sender=me, type="xa"))
    changes = seen("dave", "presence", sender=me)
    with queue.forbid(changes):
        in_call(lambda: None)
    # and the switch turns it off
    alice.client.set(ROOT, "Manager", "Availability", "online")
    queue.expect(seen("dave", "presence", sender=me, type="available"))
    alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options({"presence-during-calls": False}))
    with queue.forbid(changes):
        in_call(lambda: None)


def test_B5_C101_C102_C103_C104_C105_C106_the_doctor_examines_the_provider(world, alice, bob):
    mine = world.set_up(alice)
    world.set_up(bob)
    bob.dial(world.sip_uri("alice"))
    call = alice.incoming()
    alice.call(call, "Call", "Decline", "(a{sv})", {})
    rows = alice.call(mine.service, "Service", "Diagnose", "(a{sv})", {})
    assert {row["check"]: row["result"] for row in rows} == {
        "C101": "failed", "C102": "ok", "C103": "ok", "C104": "failed", "C105": "ok",
        "C106": "ok"}
    assert all(row["title"] and row["text"] for row in rows)
    shown = alice.ctl_json("doctor")
    assert [row["check"] for row in shown["checks"]] == [row["check"] for row in rows]


def test_C38_C39_the_own_address_is_published_and_the_rest_of_the_card_stays(world, alice, peers):
    mine = world.set_up(alice)
    other = peers.slix("alice", resource="other")
    before = "<vCard xmlns='vcard-temp'><FN>Alice Adams</FN><NOTE>keep me</NOTE><TEL><FAX/>" \
             "<NUMBER>+33 1 00 00 00 00</NUMBER></TEL></vCard>"
    try:
        other.iq("set", before)
        alice.call(mine.service, "Service", "PublishAddress")
        after = str(other.iq("get", "<vCard xmlns='vcard-temp'/>"))
        for kept in ("Alice Adams", "keep me", "+33 1 00 00 00 00", world.sip_uri("alice")):
            assert kept in after, after
    finally:
        other.iq("set", vcard("Alice Adams", [world.sip_uri("alice")]))


def test_C107_all_policies_are_read_and_set(world, alice):
    policy = alice.call(ROOT, "Admin", "GetPolicy")
    assert policy["send-call-info"] is True and policy["min-tls"] == "1.2"
    changed = {"min-tls": "1.3", "require-srtp": True, "unknown-callers": "ask",
               "send-call-info": False, "publish-reachability": False,
               "presence-during-calls": False, "dnd-silences-calls": False,
               "confirm-charges": False, "join-conference-rooms": "never",
               "max-incoming-calls": 2, "receipts": False, "chat-states": False,
               "markers": False, "history-days": 30, "auto-answer": ["sip:boss@sip.test"],
               "notifications": "off", "call-tones": False, "echo-cancellation": True,
               "noise-suppression": True}
    assert set(changed) | {"auto-answer"} == set(policy) | {"auto-answer"}
    alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options(changed))
    assert alice.call(ROOT, "Admin", "GetPolicy") == changed
    alice.stop_daemon()
    alice.start_daemon()
    assert alice.call(ROOT, "Admin", "GetPolicy") == changed


def test_C72_own_calls_carry_no_cue_when_that_is_switched_off(world, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options({"send-call-info": False}))
    mark = world.kamailio.mark()
    alice.dial(world.sip_uri("bob"))
    bob.incoming()
    assert not [request for request in world.kamailio.requests("INVITE", mark)
                if "impp" in str(request)]


def test_C15_C17_C18_messaging_that_is_off_is_refused_and_comes_back(world, queue, alice, peers):
    mine = world.set_up(alice)
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    alice.client.set(mine.xmpp, "Account", "DisabledFeatures",
                     GLib.Variant("as", ["messaging"]))
    alice.wait_state(mine.xmpp, "online")
    assert "messaging" not in alice.get(mine.xmpp, "Account", "Features")
    assert alice.refused(chat, "Chat", "Send", "(sa{sv})", "hello", {}).name == "FeatureDisabled"
    dave.raw(BODY.format(to=world.jid("alice")))
    queue.expect(seen("dave", "message", id="off-1", type="error"))
    alice.client.set(mine.xmpp, "Account", "DisabledFeatures", GLib.Variant("as", []))
    alice.wait_state(mine.xmpp, "online")
    alice.call(chat, "Chat", "Send", "(sa{sv})", "hello again", {})
    queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "message" and
                        e.body == "hello again"], 5, "dave gets the message")


@pytest.mark.parametrize("label", ["C21-C22-as-configured"])
def test_both_sides_have_names_for_people(world, alice, label):
    mine = world.set_up(alice)
    assert alice.get(mine.xmpp, "Account", "Label") == "Chat"
    assert alice.get(mine.sip, "Account", "Label") == "Telephony"
    alice.client.set(mine.sip, "Account", "Label", "Desk phone")
    alice.wait(mine.sip, "Account", "Label", "Desk phone")
