# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way out: relation, choice, explicit accounts, numbers in any form, charges."""

import pytest

from lab.api import ROOT, options
from lab.peers.slix import vcard

SWAPS = 50
CARD = "<vCard xmlns='vcard-temp'><FN>Carol Clark</FN>{tel}</vCard>"


def routes(person, target, **how):
    return person.call(ROOT, "Manager", "GetCallRoutes", "(sa{sv})", target, options(how))


def refusal(person, target, **how):
    return person.refused(ROOT, "Manager", "Call", "(sa{sv})", target, options(how))


def add_second_sip(world, person):
    """One more telephony account, of somebody else at the same provider, and no relation to chat."""
    path = person.add_account("sip", world.sip_uri("mallory"), world.password("mallory"),
                              proxy=world.kamailio.proxy("tls"), listen="127.0.0.1:0",
                              ca_file=world.ca)
    person.wait_state(path, "online")
    return path


def show_number(person, peer, contact, number):
    """The peer's card has this number alone, and the person's daemon knows."""
    peer.iq("set", vcard("Carol Clark", [number]))
    person.call(contact, "Contact", "Refresh")
    person.wait(contact, "Contact", "Phones",
                lambda phones: [entry[2] for entry in phones] == [f"tel:{number}"])


def callable_now(person, contact):
    return "audio" in (person.client.fact(contact, "Contact", "Capabilities") or [])


@pytest.fixture
def carol(world, peers):
    """carol's own client, to change her vCard; put back as it was afterwards."""
    client = peers.slix("carol")
    yield client
    client.iq("set", vcard("Carol Clark", [world.sip_uri("carol")]))


def test_C3_C56_accounts_without_relation_call_at_once_when_there_is_one(world, queue, alice):
    xmpp, sip = world.add_xmpp(alice), world.add_sip(alice)
    for account in (xmpp, sip):
        alice.wait_state(account, "online")
    bob = alice.contact(world.jid("bob"))
    queue.wait(lambda: callable_now(alice, bob), 8, "bob is callable")
    assert alice.get(sip, "Account", "Service") == "/"
    call = alice.dial("Bob")
    assert alice.get(call, "Call", "Account") == sip
    alice.wait(call, "Call", "State", "ended")


def test_C44_a_contact_is_callable_where_calls_are_off_for_the_chat_account(world, queue, alice):
    mine = world.set_up(alice)
    alice.call(mine.xmpp, "Account", "Update", "(a{sv})",
               options({"disabled-features": ["audio", "video"]}))
    alice.wait_state(mine.xmpp, "online")
    bob = alice.contact(world.jid("bob"))
    queue.wait(lambda: callable_now(alice, bob), 8, "bob is callable")
    assert routes(alice, "Bob")[0]["account"] == mine.sip


def test_C57_C58_the_related_account_is_shown_and_preferred(world, queue, alice):
    mine = world.set_up(alice)
    other = add_second_sip(world, alice)
    bob = alice.contact(world.jid("bob"))
    queue.wait(lambda: callable_now(alice, bob), 8, "bob is callable")
    assert alice.get(mine.service, "Service", "TelephonyAccount") == mine.sip
    assert alice.get(mine.service, "Service", "ChatAccount") == mine.xmpp
    ways = routes(alice, "Bob")
    assert [way["account"] for way in ways] == [mine.sip, other]
    assert [way["preferred"] for way in ways] == [True, False]
    assert all(way["reason"] for way in ways)


def test_C59_C60_C61_without_relation_several_accounts_are_a_choice(world, queue, alice):
    xmpp, sip = world.add_xmpp(alice), world.add_sip(alice)
    other = add_second_sip(world, alice)
    for account in (xmpp, sip):
        alice.wait_state(account, "online")
    bob = alice.contact(world.jid("bob"))
    queue.wait(lambda: callable_now(alice, bob), 8, "bob is callable")
    assert refusal(alice, "Bob").name == "AccountChoiceNeeded"
    ways = routes(alice, "Bob")
    # telephony of the chat account is off (C60), so it is not among them
    assert {way["account"] for way in ways} == {sip, other}
    assert not any(way["preferred"] for way in ways)
    call = alice.dial("Bob", account=other)
    assert alice.get(call, "Call", "Account") == other
    alice.wait(call, "Call", "State", "ended")


@pytest.mark.parametrize("tel,wanted", [
    pytest.param("<TEL><VOICE/><NUMBER>sips:carol@sip.test</NUMBER></TEL>", "sip:carol@sip.test",
                 id="C34-sips"),
    pytest.param("<TEL><NUMBER>tel:+33-1-23-45-67-89</NUMBER></TEL>", "tel:+33123456789",
                 id="C34-tel-with-separators"),
    pytest.param("<TEL><HOME/><NUMBER>(01) 23 45 67 89</NUMBER></TEL>", "tel:+33123456789",
                 id="C32-C34-national"),
    pytest.param("<TEL><NUMBER>0033 1 23 45 67 89</NUMBER></TEL>", "tel:+33123456789",
                 id="C34-international-prefix"),
])
def test_a_number_in_any_form_is_read(world, queue, alice, carol, tel, wanted):
    mine = world.set_up(alice)
    alice.call(ROOT, "Admin", "Unpair", "(o)", mine.service)
    alice.pair(mine.xmpp, mine.sip, country="+33", national_prefix="0", international_prefix="00")
    contact = alice.contact(world.jid("carol"))
    carol.iq("set", CARD.format(tel=tel))
    alice.call(contact, "Contact", "Refresh")
    alice.wait(contact, "Contact", "Phones",
               lambda phones: phones and phones[0][2] == wanted and phones[0][0] in tel)
    assert callable_now(alice, contact)


def test_C35_C37_no_address_is_guessed_and_a_fax_is_not_called(world, queue, alice, carol):
    world.set_up(alice)
    contact = alice.contact(world.jid("carol"))
    queue.wait(lambda: callable_now(alice, contact), 8, "carol is callable")
    carol.iq("set", CARD.format(tel="<TEL><FAX/><NUMBER>sip:fax@sip.test</NUMBER></TEL>"))
    alice.call(contact, "Contact", "Refresh")
    queue.wait(lambda: not callable_now(alice, contact), 5, "carol is not callable")
    assert routes(alice, world.jid("carol")) == []
    assert refusal(alice, "Carol").name == "NoRoute"


def test_C36_C47_video_only_where_the_card_says_so(world, queue, alice, carol):
    world.set_up(alice)
    contact = alice.contact(world.jid("carol"))
    queue.wait(lambda: callable_now(alice, contact), 8, "carol is callable")
    assert "video" not in alice.get(contact, "Contact", "Capabilities")
    carol.iq("set", CARD.format(tel="<TEL><VIDEO/><NUMBER>sip:carol@sip.test</NUMBER></TEL>"))
    alice.call(contact, "Contact", "Refresh")
    alice.wait(contact, "Contact", "Capabilities", lambda words: "video" in words)


def test_C46_C53_any_number_can_be_dialled_and_shows_its_source(world, alice):
    world.set_up(alice)
    way = routes(alice, "sip:nobody@sip.test")[0]
    assert (way["source"], way["verified"]) == ("typed", False)
    call = alice.dial("sip:nobody@sip.test")
    alice.wait(call, "Call", "EndReason", "not-found")
    assert alice.get(call, "Call", "EndText")


def test_C85_C86_C87_C88_C90_charges_are_cued_and_a_swapped_number_asks_again(
        world, queue, alice, carol):
    mine = world.set_up(alice)
    alice.call(ROOT, "Admin", "Unpair", "(o)", mine.service)
    alice.pair(mine.xmpp, mine.sip, country="+33", national_prefix="0",
               charge_cue="This call is not free.", charged=["+338*"])
    contact = alice.contact(world.jid("carol"))
    carol.iq("set", vcard("Carol Clark", ["+33 1 23 45 67 89"]))
    alice.call(contact, "Contact", "Refresh")
    alice.wait(contact, "Contact", "Phones",
               lambda phones: phones and phones[0][2] == "tel:+33123456789")
    cheap = routes(alice, "Carol")[0]
    assert (cheap["charges"], cheap["charges-reason"]) == ("possible", "telephone-number")
    assert cheap["cue"]
    assert refusal(alice, "Carol").name == "ConfirmationNeeded"

    carol.iq("set", vcard("Carol Clark", ["+33 8 99 00 00 00"]))
    alice.call(contact, "Contact", "Refresh")
    alice.wait(contact, "Contact", "Phones",
               lambda phones: phones and phones[0][2] == "tel:+33899000000")
    dear = routes(alice, "Carol")[0]
    assert (dear["charges"], dear["cue"]) == ("expected", "This call is not free.")
    assert refusal(alice, "Carol", confirm=cheap["confirm"]).name == "ConfirmationNeeded"
    call = alice.dial("Carol", confirm=dear["confirm"])
    assert alice.get(call, "Call", "Charges") == "expected"
    alice.wait(call, "Call", "State", "ended")

    foreign = routes(alice, "sip:x@elsewhere.test")[0]
    assert (foreign["charges"], foreign["charges-reason"]) == ("possible", "other-domain")


def test_R4_C90_a_number_swapped_between_look_and_call_is_never_dialled(world, alice, carol, say):
    mine = world.set_up(alice)
    alice.call(ROOT, "Admin", "Unpair", "(o)", mine.service)
    alice.pair(mine.xmpp, mine.sip, country="+33", charged=["+338*"])
    contact = alice.contact(world.jid("carol"))
    dialled = 0
    for swap in range(SWAPS):
        harmless, premium = f"+3314567{swap:04}", f"+3389900{swap:04}"
        show_number(alice, carol, contact, harmless)
        route = routes(alice, "Carol")[0]
        show_number(alice, carol, contact, premium)
        # with the token of the number that was looked at, and with none
        for token in ({"confirm": route["confirm"]}, {}):
            failure = refusal(alice, "Carol", **token)
            dialled += failure.name != "ConfirmationNeeded"
    say(f"{SWAPS} numbers swapped: {dialled} dialled without a new cue")
    assert dialled == 0 and alice.client.paths("Call") == []


def test_C89_a_refusal_of_another_domain_is_told_in_words(world, alice):
    world.set_up(alice)
    way = routes(alice, "sip:x@elsewhere.test")[0]
    call = alice.dial("sip:x@elsewhere.test", confirm=way["confirm"])
    alice.wait(call, "Call", "State", "ended")
    assert alice.get(call, "Call", "EndCode") >= 400
    assert " " in alice.get(call, "Call", "EndText")
