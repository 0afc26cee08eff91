# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: verified, claimed, contradicted or unknown, and what own calls say about us."""

import pytest

from lab.api import ROOT, options


def hang_up_all(person):
    for call in person.client.paths("Call"):
        if person.client.fact(call, "Call", "State") != "ended":
            person.call(call, "Call", "Decline", "(a{sv})", {})
            person.wait(call, "Call", "State", "ended")


def facts(person, call):
    names = ("Identity", "Contact", "ClaimedAddress", "IdentitySource", "RemoteUri", "RemoteName")
    return {name: person.get(call, "Call", name) for name in names}


def test_C62_a_caller_whose_number_a_contact_lists_is_verified(world, alice, bob, say):
    world.set_up(alice)
    world.set_up(bob)
    contact = bob.contact(world.jid("alice"))
    bob.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    alice.dial("Bob")
    call = bob.incoming()
    bob.wait(call, "Call", "Identity", "verified")
    seen = facts(bob, call)
    say(f"bob sees {seen['Identity']} by {seen['IdentitySource']}: {seen['RemoteUri']}")
    assert seen["Contact"] == contact
    assert bob.get(contact, "Contact", "Address") == world.jid("alice")
    hang_up_all(bob)


def test_C62_a_caller_is_verified_even_when_the_vcard_is_fetched_while_it_rings(world, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    alice.dial(world.sip_uri("bob"))
    call = bob.incoming()
    bob.wait(call, "Call", "Identity", "verified")
    hang_up_all(bob)


IMPP = "Call-Info: <xmpp:{jid}>;purpose=impp"


@pytest.mark.parametrize("jid,wanted", [
    pytest.param("stranger@elsewhere.test", ("claimed",), id="C64-a-stranger-s-is-only-a-claim"),
    pytest.param("bob@xmpp.test", ("contradicted",), id="C66-a-contact-s-is-contradicted"),
    pytest.param("dave@xmpp.test", ("contradicted", "claimed"), id="C66-no-number-confirms-nothing"),
])
def test_the_cue_of_a_caller_never_makes_it_a_contact(world, alice, peers, say, jid, wanted):
    world.set_up(alice)
    peers.sipp("caller", target="alice", headers=[IMPP.format(jid=jid)])
    call = alice.incoming()
    alice.wait(call, "Call", "ClaimedAddress", jid)
    alice.wait(call, "Call", "Identity", lambda grade: grade in wanted)
    seen = facts(alice, call)
    say(f"{jid}: {seen['Identity']}")
    assert seen["Contact"] == "/"
    hang_up_all(alice)


def test_C67_a_caller_without_cue_and_number_is_unknown(world, alice, peers):
    world.set_up(alice)
    peers.sipp("caller", target="alice")
    call = alice.incoming()
    alice.wait(call, "Call", "Identity", "unknown")
    seen = facts(alice, call)
    assert (seen["Contact"], seen["ClaimedAddress"]) == ("/", "")
    assert seen["RemoteUri"] == world.sip_uri("mallory")
    hang_up_all(alice)


def test_C63_other_purposes_and_uris_are_no_cue(world, alice, peers):
    world.set_up(alice)
    peers.sipp("caller", target="alice", headers=[
        "Call-Info: <http://x.test/i.png>;purpose=icon, <xmpp:bob@xmpp.test>;purpose=card",
        "Call-Info: <http://bob@xmpp.test>;purpose=impp"])
    call = alice.incoming()
    alice.wait(call, "Call", "Identity", "unknown")
    assert alice.get(call, "Call", "ClaimedAddress") == ""
    hang_up_all(alice)


def test_C71_own_calls_name_the_chat_address_and_C72_can_be_told_not_to(world, alice):
    world.set_up(alice)
    for wanted in (True, False):
        alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options({"send-call-info": wanted}))
        mark = world.kamailio.mark()
        call = alice.dial("sip:nobody@sip.test")
        alice.wait(call, "Call", "State", "ended")
        invites = world.kamailio.requests("INVITE", since=mark)
        assert invites
        for invite in invites:
            expected = f"<xmpp:{world.jid('alice')}>" if wanted else "<null>"
            assert expected in invite["callinfo"], invite
            assert ("purpose=impp" in invite["callinfo"]) == wanted


def test_C69_from_a_verified_call_one_method_opens_the_chat(world, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    call = alice.dial("Bob")
    theirs = bob.incoming()
    bob.wait(theirs, "Call", "Identity", "verified")
    chat = bob.call(theirs, "Call", "OpenChat")
    assert bob.get(chat, "Chat", "Address") == world.jid("alice")
    assert alice.get(alice.call(call, "Call", "OpenChat"), "Chat", "Address") == world.jid("bob")
    hang_up_all(bob)


def test_C64_an_unverified_call_opens_no_chat(world, alice, peers):
    world.set_up(alice)
    peers.sipp("caller", target="alice", headers=[IMPP.format(jid="bob@xmpp.test")])
    call = alice.incoming()
    assert alice.refused(call, "Call", "OpenChat").name == "NotFound"
    hang_up_all(alice)
