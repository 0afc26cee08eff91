# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: alice and bob become callable, talk, and chat, each step told in words and checked."""

import os
import sys
import textwrap
import time

from lab import inner
from lab.api import ROOT, options
from lab.events import seen
from lab.world import World

TALL = 78


class Teller:
    """Prints the story: numbered steps, facts below them; colours only where they are wanted."""

    def __init__(self, out=sys.stdout):
        self.out, self.number, self.begin = out, 0, time.monotonic()
        self.coloured = out.isatty() and not os.environ.get("NO_COLOR")

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.coloured else text

    def line(self, text=""):
        print(text, file=self.out, flush=True)

    def title(self, text):
        self.line(self.paint("1", text))

    def step(self, text):
        self.number += 1
        self.line()
        lines = textwrap.wrap(text, TALL - 4)
        self.line(self.paint("1", f"{self.number:2}. {lines[0]}"))
        for more in lines[1:]:
            self.line(self.paint("1", f"    {more}"))

    def fact(self, name, value):
        wrapped = textwrap.wrap(str(value), TALL - 26) or [""]
        self.line(f"    {self.paint('36', f'{name:<20}')}  {wrapped[0]}")
        for more in wrapped[1:]:
            self.line(" " * 26 + more)

    def check(self, good, text):
        """A check of the step; the story ends here if it fails."""
        mark = self.paint("32", "ok") if good else self.paint("31", "FAILED")
        lines = textwrap.wrap(text, TALL - 8)
        self.line(f"    {mark}  {lines[0]}")
        for more in lines[1:]:
            self.line(f"        {more}")
        if not good:
            raise AssertionError(text)

    def elapsed(self):
        return time.monotonic() - self.begin


def tell_lab(tell, world):
    tell.step("A private lab on this machine: servers of our own, on loopback, run by an "
              "ordinary user.")
    parts = {"Prosody": "chat server", "Kamailio": "telephone server",
             "PulseAudio": "virtual microphones and ears",
             "alice's session": "a bus and a keyring for alice", "bob's session": "and for bob"}
    for name, what in parts.items():
        tell.fact(name, f"{what}, ready after {world.times[name]:.2f} s")


def tell_accounts(tell, world):
    tell.step("Alice and Bob each start cusaxd and enter two accounts: one for chat, one for "
              "telephony. Each pair becomes one service.")
    services = {}
    for person in (world.alice, world.bob):
        person.start_daemon()
        services[person] = world.set_up(person, "tls", srtp="require")
    for person, mine in services.items():
        name = person.name.title()
        person.wait(mine.service, "Service", "State", "online")
        for role, account in (("chat", mine.xmpp), ("telephony", mine.sip)):
            facts = person.get(account, "Account", "Security")
            tell.fact(f"{name}'s {role}", f"{person.get(account, 'Account', 'Address')}, "
                      f"{facts.get('tls-version', 'no TLS')}, "
                      f"logged in by {facts.get('authentication', '?')}")
            tell.check(facts.get("tls-verified", False), "the server's certificate is verified")
        tell.check(len(person.keyring.secrets()) == 2, f"{name}'s two passwords are in the keyring")
    return services


def tell_roster(tell, world, services):
    alice, mine = world.alice, services[world.alice]
    tell.step("Alice's contact list came from the chat server. Bob's vCard names his telephone "
              "address: so he can be called, though nobody typed a number.")
    for name in ("bob", "carol"):
        alice.wait(alice.contact(world.jid(name)), "Contact", "Capabilities",
                   lambda words: "audio" in words)
    contacts = [alice.client.objects[path]["Contact"] for path in alice.client.paths("Contact")]
    for facts in sorted(contacts, key=lambda facts: facts["Address"]):
        phones = ", ".join(phone[0] for phone in facts["Phones"]) or "no number"
        tell.fact(facts["Name"] or facts["Address"],
                  f"{facts['Address']}: {' and '.join(facts['Capabilities'])} ({phones})")
    route = alice.call(ROOT, "Manager", "GetCallRoutes", "(sa{sv})", "Bob", {})[0]
    tell.fact("the way to Bob", f"{route['uri']} - {route['reason']}")
    tell.check(route["account"] == mine.sip and route["uri"] == world.sip_uri("bob"),
               "the call would go through the telephony account that is paired with the chat")


def tell_call(tell, world):
    alice, bob = world.alice, world.bob
    tell.step("Alice calls \"Bob\", by name.")
    call = alice.dial("Bob")
    theirs = bob.incoming()
    alice.wait(call, "Call", "State", "ringing")
    tell.check(True, "Bob's side rings")
    grade = bob.wait(theirs, "Call", "Identity", "verified")
    contact = bob.get(theirs, "Call", "Contact")
    tell.fact("Bob sees", f"{bob.get(contact, 'Contact', 'Name')} <"
              f"{bob.get(contact, 'Contact', 'Address')}>, {grade} by "
              f"{bob.get(theirs, 'Call', 'IdentitySource')}")
    tell.check(bob.get(contact, "Contact", "Address") == world.jid("alice"),
               "before he answers, Bob knows that it is Alice: the calling address stands in her "
               "vCard")
    bob.call(theirs, "Call", "Accept", "(a{sv})", {})
    for person, path in ((alice, call), (bob, theirs)):
        person.wait(path, "Call", "State", "active")
    tell.check(True, "Bob answers; the call is active on both sides")
    return call, theirs


def tell_sound(tell, world, call, theirs):
    tell.step("Alice speaks a tone of 440 Hz, Bob one of 660 Hz. What arrives is measured.")
    pulse = world.pulse
    with pulse.play("a", 440), pulse.play("b", 660):
        at_bob, at_alice = pulse.hear("b", 440), pulse.hear("a", 660)
    for name, reading, sent in (("Bob", at_bob, 440), ("Alice", at_alice, 660)):
        off = abs(reading.frequency - sent) / sent
        tell.check(reading.is_tone(sent), f"{name} hears {reading.frequency:.1f} Hz "
                   f"({off:.2%} off {sent} Hz)")
    for person, path in ((world.alice, call), (world.bob, theirs)):
        encryption = person.get(path, "Call", "Encryption")
        tell.fact(f"{person.name.title()}'s media",
                  f"{encryption}, {person.get(path, 'Call', 'Codec')}")
        tell.check(encryption == "sdes-srtp", "the sound is encrypted (SRTP, keys sent inside TLS)")


def tell_chat(tell, world, call, theirs):
    tell.step("From the call, each opens the chat with the other and writes.")
    lines = ((world.alice, call, world.bob, "Can you hear me?"),
             (world.bob, theirs, world.alice, "Loud and clear - 660 Hz from here."))
    for sender, path, receiver, text in lines:
        world.queue.skip()
        chat = sender.call(path, "Call", "OpenChat")
        number = sender.call(chat, "Chat", "Send", "(sa{sv})", text, {})
        event = world.queue.expect(seen(receiver.name, "signal", interface="Chat",
                                        member="MessageAdded",
                                        values=lambda v: v[1]["direction"] == "in"))
        found = receiver.call(event.path, "Chat", "GetMessages", "(a{sv})", options({"limit": 1}))
        tell.fact(f"{sender.name.title()} to {receiver.name.title()}", f"“{found[-1]['text']}”")
        tell.check(found[-1]["text"] == text, "arrived as written")

        def delivered():
            kept = sender.call(chat, "Chat", "GetMessages", "(a{sv})", {})
            return any(m["id"] == number and m["delivery"] in ("delivered", "displayed")
                       for m in kept)
        world.queue.wait(delivered, 8, "the receipt arrives")
        tell.check(True, "and the receipt came back")


def tell_end(tell, world, call, theirs):
    tell.step("Bob hangs up.")
    world.bob.call(theirs, "Call", "Hangup")
    for person, path, wanted in ((world.alice, call, "remote-hangup"),
                                 (world.bob, theirs, "local-hangup")):
        person.wait(path, "Call", "State", "ended")
        reason = person.get(path, "Call", "EndReason")
        tell.fact(f"{person.name.title()}'s call", f"ended: {reason}")
        tell.check(reason == wanted, "a reason that fits")
    for person in (world.alice, world.bob):
        code = person.stop_daemon()
        tell.check(code == 0, f"{person.name.title()}'s daemon takes its leave (exit {code})")
        tell.check(world.canary() not in person.log_text(), "no password is in its log")


def tell_all(tell, world):
    tell_lab(tell, world)
    services = tell_accounts(tell, world)
    tell_roster(tell, world, services)
    calls = tell_call(tell, world)
    tell_sound(tell, world, *calls)
    tell_chat(tell, world, *calls)
    tell_end(tell, world, *calls)


def main():
    tell = Teller()
    tell.title("cusaxd: a call and a chat, end to end, on real servers")
    with World() as world:
        if not os.path.exists(os.path.join(world.programs, "cusaxd")):
            tell.line("cusaxd is not built: run make first")
            return 1
        try:
            tell_all(tell, world)
        except Exception as error:  # every step that fails is shown with both logs
            tell.line()
            tell.line(tell.paint("31", f"The demo failed at step {tell.number}: {error}"))
            for person in (world.alice, world.bob):
                tell.line(f"\nthe end of {person.name}'s log:")
                tell.line("\n".join(person.log_text().splitlines()[-30:]))
            return 1
    tell.line()
    tell.title(f"All steps passed, in {tell.elapsed():.1f} s. Servers and folders are gone again.")
    return 0


if __name__ == "__main__":
    inner.run(main)
