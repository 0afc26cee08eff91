# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether both sides of a service are equally well protected, at real servers (R9, C91-C94)."""

import hashlib
import ssl

from lab.api import ROOT, options
from lab.kamailio import DOMAIN
from lab.prosody import BINDING_HOST, CERTIFICATE_HOST, SHOWING_HOST

# What of a side is no match for the other; the words of SecurityMismatch.
CHATS = {"SCRAM": set(), "SCRAM, bound": set(), "EXTERNAL": set(),
         "PLAIN": {"chat-authentication"}}
PHONES = {"tls": set(), "tls, pinned": set(), "tcp": {"telephony-no-tls"},
          "udp": {"telephony-no-tls"}}
SOUNDS = {"require": set(), "prefer": set(), "off": {"media-encryption"}}


def fingerprint(certificate):
    with open(certificate.pem) as pem:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).hexdigest()


def chat_accounts(world, person):
    by_certificate = world.certificates.trusted.issue_person("dave-r9", f"dave@{CERTIFICATE_HOST}")
    return {
        "SCRAM": world.add_xmpp(person),
        "SCRAM, bound": world.add_xmpp(person, host=BINDING_HOST),
        "EXTERNAL": person.add_account(
            "xmpp", f"dave@{CERTIFICATE_HOST}", server="127.0.0.1", port=world.prosody.port,
            ca_file=world.ca, certificate=by_certificate.both),
        "PLAIN": world.add_xmpp(person, host=SHOWING_HOST, allow_plain=True)}


def telephony_accounts(world, person):
    def add(user, transport, port, **more):
        return person.add_account(
            "sip", f"{user}@{DOMAIN}", world.password(user), listen="127.0.0.1:0",
            proxy=f"sip:127.0.0.1:{port};transport={transport}", transport=transport,
            ca_file=world.ca, **more)
    kamailio = world.kamailio
    return {"tls": add("alice", "tls", kamailio.tls_port),
            "tls, pinned": add("bob", "tls", kamailio.faulty_ports["selfsigned"],
                               pin=fingerprint(kamailio.certificate_at("selfsigned"))),
            "tcp": add("carol", "tcp", kamailio.port), "udp": add("mallory", "udp", kamailio.port)}


def test_R9_C93_C94_no_pair_is_called_secure_that_is_not(world, queue, alice, say):
    chats, phones = chat_accounts(world, alice), telephony_accounts(world, alice)
    for account in (*chats.values(), *phones.values()):
        alice.wait_state(account, "online")
    wrong, states = [], 0
    for sound, quiet in SOUNDS.items():
        for account in phones.values():
            alice.call(account, "Account", "Update", "(a{sv})", options({"srtp": sound}))
        for phone in phones.values():
            alice.wait_state(phone, "online")
        for chat, chat_words in CHATS.items():
            for phone, phone_words in PHONES.items():
                states += 1
                service = alice.pair(chats[chat], phones[phone])
                wanted = chat_words | phone_words | quiet
                alice.until(lambda: alice.client.fact(service, "Service", "State") == "online", 5,
                            "the pair is online")
                said = set(alice.get(service, "Service", "SecurityMismatch"))
                secure = alice.get(service, "Service", "Secure")
                if secure != (not wanted) or said != wanted:
                    wrong.append(f"{chat} + {phone} + {sound}: {secure}, {sorted(said)}")
                alice.call(ROOT, "Admin", "Unpair", "(o)", service)
    say(f"{states} states of a pair: {len(wrong)} wrong flags")
    assert not wrong, "\n".join(wrong)
    assert states == 48
