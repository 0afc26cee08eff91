# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged stanzas change nothing, show nothing, and are counted one by one (R1).

They come from another account of the same server (a contact, even), from an occupant of a room, and
from an external component that calls itself what it likes. Each kind is sent R1_REPEAT times; of each there is a genuine twin,
which is taken.
"""

import contextlib
import itertools
import os

import pytest

from lab.api import MANAGER, ROOT, options
from lab.chat_server import COMPONENT_HOST, COMPONENT_SECRET
from lab.events import seen
from lab.peers.component import Component
from lab.process import LabError, until
from lab.prosody import ROOMS

REPEAT = int(os.environ.get("R1_REPEAT", "2"))
PUBSUB = "http://jabber.org/protocol/pubsub"
CLIENT = "xmlns='jabber:client'"

# The parts that make up the kinds; {to} is the daemon's full address, {me} its bare one.
PUSH = ("<iq {head} type='set' id='p{n}'><query xmlns='jabber:iq:roster'>"
        "<item jid='{who}' name='Forged' subscription='{what}'/></query></iq>")
BLOCK = ("<iq {head} type='set' id='b{n}'><{what} xmlns='urn:xmpp:blocking'><item jid='{bob}'/>"
         "</{what}></iq>")
COPY = ("<forwarded xmlns='urn:xmpp:forward:0'><message " + CLIENT + " type='chat' id='c{n}' "
        "from='{whose}' to='{whom}'><body>forged {n}</body></message></forwarded>")
CARBON = "<message {head} type='chat'><{what} xmlns='urn:xmpp:carbons:2'>{copy}</{what}></message>"
ARCHIVE = ("<message {head}><result xmlns='urn:xmpp:mam:2' queryid='q' id='a{n}'>{copy}</result>"
           "</message>")
EVENT = ("<message {head} type='headline'><event xmlns='" + PUBSUB + "#event'>{change}</event>"
         "</message>")
ITEMS = "<items node='{node}'><item id='current'>{payload}</item></items>"
VCARD4 = ("<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><tel><uri>tel:+1900{n}</uri></tel>"
          "</vcard>")
REACH = "<reach xmlns='urn:xmpp:reach:0'><addr uri='tel:+1900{n}'/></reach>"
BOOKMARK = ("<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true' name='Forged'/>")
RESULT = ("<iq {head} type='{what}' id='{n}'><vCard xmlns='vcard-temp'><TEL><NUMBER>+1900{n}"
          "</NUMBER></TEL></vCard></iq>")
ROSTER = ("<iq {head} type='result' id='{n}'><query xmlns='jabber:iq:roster'>"
          "<item jid='eve@evil.test' subscription='both'/></query></iq>")
RECEIPT = "<message {head}><received xmlns='urn:xmpp:receipts' id='{sent}'/></message>"
MARKER = "<message {head}><displayed xmlns='urn:xmpp:chat-markers:0' id='{sent}'/></message>"
ERROR = ("<message {head} type='error' id='{sent}'><error type='cancel'><service-unavailable "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
ROOM = "<message {head} type='groupchat' id='g{n}'><body>forged {n}</body></message>"
PRIVATE = ("<message {head} type='chat' id='m{n}'><body>forged {n}</body>"
           "<x xmlns='http://jabber.org/protocol/muc#user'/></message>")
OCCUPANT = ("<presence {head}><x xmlns='http://jabber.org/protocol/muc#user'>"
            "<item affiliation='owner' role='moderator' jid='{bob}'/></x></presence>")
PRESENCE = "<presence {head}><show>dnd</show><status>forged</status></presence>"

FROM_BOB = {"whose": "{bob}/x", "whom": "{me}"}
TO_BOB = {"whose": "{me}/x", "whom": "{bob}"}
BARE, LOOKALIKE, ROOM_NICK = COMPONENT_HOST, f"alice@{COMPONENT_HOST}", f"room@{COMPONENT_HOST}/bob"

IN_ROOM = "an occupant, through the room"

# Name, the sender (None: the account; IN_ROOM; else the component's address), the stanza, its parts,
# the twin.
KINDS = [
    ("roster push, added", None, PUSH, {"who": "eve{n}@evil.test", "what": "both"}, "added"),
    ("roster push, changed", None, PUSH, {"who": "{bob}", "what": "none"}, "added"),
    ("roster push, removed", None, PUSH, {"who": "{bob}", "what": "remove"}, "removed"),
    ("block push", None, BLOCK, {"what": "block"}, "blocked"),
    ("unblock push", None, BLOCK, {"what": "unblock"}, "unblocked"),
    ("carbon, received", None, CARBON, {"what": "received", "copy": COPY, **FROM_BOB}, "copied in"),
    ("carbon, sent", None, CARBON, {"what": "sent", "copy": COPY, **TO_BOB}, "copied out"),
    ("archive result", None, ARCHIVE, {"copy": COPY, **FROM_BOB}, "message"),
    ("forwarded message", None, "<message {head} type='chat'>{copy}</message>",
     {"copy": COPY, **FROM_BOB}, "message"),
    ("vCard4 event", None, EVENT,
     {"change": ITEMS, "node": "urn:xmpp:vcard4", "payload": VCARD4}, "vcard4"),
    ("reachability event", None, EVENT,
     {"change": ITEMS, "node": "urn:xmpp:reach:0", "payload": REACH}, "reach"),
    ("event of an own node", None, EVENT,
     {"change": ITEMS, "node": "urn:xmpp:bookmarks:1", "payload": BOOKMARK}, "vcard4"),
    ("deletion of a node", None, EVENT, {"change": "<delete node='urn:xmpp:vcard4'/>"}, "deleted"),
    ("result of a vCard", None, RESULT, {"what": "result"}, "result"),
    ("result of the roster", None, ROSTER, {}, "result"),
    ("receipt", None, RECEIPT, {}, "receipt"),
    ("marker", None, MARKER, {}, "marker"),
    ("error of a message", None, ERROR, {}, "error"),
    ("occupant: roster push", IN_ROOM, PUSH, {"who": "{bob}", "what": "remove"}, "removed"),
    ("occupant: block push", IN_ROOM, BLOCK, {"what": "block"}, "blocked"),
    ("occupant: carbon", IN_ROOM, CARBON,
     {"what": "received", "copy": COPY, **FROM_BOB}, "copied in"),
    ("occupant: archive result", IN_ROOM, ARCHIVE, {"copy": COPY, **FROM_BOB}, "message"),
    ("occupant: vCard4 event", IN_ROOM, EVENT.replace(" type='headline'", " type='chat'"),
     {"change": ITEMS, "node": "urn:xmpp:vcard4", "payload": VCARD4}, "vcard4"),
    ("occupant: deletion of a node", IN_ROOM, EVENT.replace(" type='headline'", " type='chat'"),
     {"change": "<delete node='urn:xmpp:reach:0'/>"}, "reach"),
    ("component: roster push", LOOKALIKE, PUSH,
     {"who": "{bob}", "what": "remove"}, "removed"),
    ("component: carbon", BARE, CARBON,
     {"what": "received", "copy": COPY, **FROM_BOB}, "copied in"),
    ("component: reachability event", LOOKALIKE, EVENT,
     {"change": ITEMS, "node": "urn:xmpp:reach:0", "payload": REACH}, "reach"),
    ("component: message of a room", ROOM_NICK, ROOM, {}, "message"),
    ("component: private message of a room", ROOM_NICK, PRIVATE, {}, "message"),
    ("component: occupant of a room", ROOM_NICK, OCCUPANT, {}, "presence"),
    ("component: presence", LOOKALIKE + "/x", PRESENCE, {}, "presence"),
]


def addressed(sender, parts):
    """The attributes of a forged stanza that say from whom it is, and to whom."""
    if sender == IN_ROOM:
        return "to='{room}/alice'".format(**parts)
    return f"to='{parts['to']}'" + (f" from='{sender}'" if sender else "")


def filled(template, parts):
    """Parts may hold parts."""
    while "{" in template:
        template = template.format(**parts)
    return template


class Victim:
    """alice as a whole: what is on the bus, except what is the attacker's own."""

    def __init__(self, world, alice, attackers):
        self.world, self.alice, self.attackers = world, alice, attackers

    def statistics(self):
        return self.alice.call(ROOT, "Manager", "GetStatistics")

    def refused(self):
        """How often what was refused."""
        return {key: value for key, value in self.statistics().items()
                if key.startswith("stanzas-refused")}

    def objects(self):
        found = self.alice.call(ROOT, MANAGER, "GetManagedObjects")
        return {path: faces for path, faces in found.items()
                if not any(facts.get("Address") in self.attackers for facts in faces.values())}

    def texts(self):
        """All messages of all chats, the attackers' too: (chat, text)."""
        return [(chat, message["text"]) for chat in self.alice.client.paths("Chat")
                for message in self.alice.call(chat, "Chat", "GetMessages", "(a{sv})", {})]


@pytest.fixture
def cast(world, alice, peers):
    """alice's daemon; another device of hers; carol, who is real; dave and a component, who forge."""
    world.set_up(alice)
    other, carol, dave = (peers.slix("alice", resource="other"), peers.slix("carol"),
                          peers.slix("dave"))
    component = peers.keep(Component(COMPONENT_HOST, COMPONENT_SECRET,
                                     world.chat.component_port).start())
    for name in ("carol", "dave"):
        alice.wait(alice.contact(world.jid(name)), "Contact", "Availability", "online")
    alice.wait(alice.contact(world.jid("bob")), "Contact", "Capabilities", lambda c: "audio" in c)
    yield other, carol, dave, component
    # others come after: nobody is blocked, and no card or hint is left
    other.iq("set", "<unblock xmlns='urn:xmpp:blocking'/>")
    carol.forget_nodes("urn:xmpp:vcard4", "urn:xmpp:reach:0")


class Twins:
    """The genuine counterpart of each kind; every method returns once it has taken effect."""

    def __init__(self, world, alice, other, carol):
        self.world, self.alice, self.other, self.carol = world, alice, other, carol
        self.contact = alice.contact(world.jid("carol"))
        self.bob = alice.contact(world.jid("bob"))
        self.chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("carol"), {})
        self.friends, self.number = [], itertools.count(1)

    def do(self, name):
        getattr(self, name.replace(" ", "_"))(next(self.number))

    def added(self, n):
        self.friends.append(f"friend{n}@xmpp.test")
        self.other.add_contact(self.friends[-1], f"Friend {n}")
        self.alice.contact(self.friends[-1])

    def removed(self, n):
        if not self.friends:
            self.added(n)
        friend = self.friends.pop()
        path = self.alice.contact(friend)
        self.other.iq("set", "<query xmlns='jabber:iq:roster'>"
                             f"<item jid='{friend}' subscription='remove'/></query>")
        self.alice.until(lambda: path not in self.alice.client.objects, 5, "the contact is gone")

    def _block(self, word, blocked):
        self.other.iq("set", f"<{word} xmlns='urn:xmpp:blocking'>"
                             f"<item jid='{self.world.jid('bob')}'/></{word}>")
        self.alice.wait(self.bob, "Contact", "Blocked", blocked)

    def blocked(self, _n):
        self._block("block", True)

    def unblocked(self, _n):
        self._block("unblock", False)

    def _arrives(self, text, direction):
        def there():
            kept = self.alice.call(self.chat, "Chat", "GetMessages", "(a{sv})", {})
            return any(m["text"] == text and m["direction"] == direction for m in kept)
        self.alice.until(there, 5, f"the message {text}")

    def copied_in(self, n):
        self.carol.send(f"{self.world.jid('alice')}/other", f"genuine {n}", receipt=False)
        self._arrives(f"genuine {n}", "in")

    def copied_out(self, n):
        self.other.send(self.world.jid("carol"), f"genuine {n}", receipt=False)
        self._arrives(f"genuine {n}", "out")

    def message(self, n):
        self.carol.send(self.world.jid("alice"), f"genuine {n}", receipt=False)
        self._arrives(f"genuine {n}", "in")

    def _publish(self, node, payload, source, wanted):
        self.carol.iq("set", f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'><item id='current'>"
                             f"{payload}</item></publish></pubsub>")
        self._phones(source, wanted)

    def _phones(self, source, wanted):
        self.alice.wait(self.contact, "Contact", "Phones", lambda phones: [
            uri for uri, _types, _normalised, where in phones if where == source] == wanted)

    def vcard4(self, n):
        self._publish("urn:xmpp:vcard4", VCARD4.format(n=n), "vcard4", [f"tel:+1900{n}"])

    def reach(self, n):
        self._publish("urn:xmpp:reach:0", REACH.format(n=n), "reachability", [f"tel:+1900{n}"])

    def deleted(self, n):
        self.vcard4(n)
        self.carol.iq("set", f"<pubsub xmlns='{PUBSUB}#owner'><delete node='urn:xmpp:vcard4'/>"
                             "</pubsub>")
        self._phones("vcard4", [])

    def result(self, _n):
        self.alice.call(self.contact, "Contact", "Refresh")

    def _becomes(self, chat, number, delivery):
        def there():
            kept = self.alice.call(chat, "Chat", "GetMessages", "(a{sv})", {})
            return any(m["id"] == number and m["delivery"] == delivery for m in kept)
        self.alice.until(there, 5, f"{number} is {delivery}")

    def _send(self, chat, n):
        return self.alice.call(chat, "Chat", "Send", "(sa{sv})", f"genuine {n}", {})

    def receipt(self, n):
        self._becomes(self.chat, self._send(self.chat, n), "delivered")

    def marker(self, n):
        number = self._send(self.chat, n)
        self._becomes(self.chat, number, "delivered")
        self.carol.raw(filled(MARKER, {"head": f"to='{self.world.jid('alice')}'", "sent": number}))
        self._becomes(self.chat, number, "displayed")

    def error(self, n):
        # a person's server answers for nobody: that is an error, whatever else it acknowledges
        nobody = self.alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", "nobody@xmpp.test", {})
        self._becomes(nobody, self._send(nobody, n), "failed")

    def presence(self, n):
        show = ("away", "dnd")[n % 2]
        self.carol.show(show)
        self.alice.wait(self.contact, "Contact", "Availability", show)


def test_R1_forged_stanzas_change_nothing_and_are_counted_and_their_twins_are_taken(
        world, queue, alice, cast, say):
    other, carol, dave, component = cast
    victim = Victim(world, alice, {world.jid("dave"), LOOKALIKE, ROOM_NICK})
    twins = Twins(world, alice, other, carol)
    sent = alice.call(twins.chat, "Chat", "Send", "(sa{sv})", "for carol alone", options({}))
    twins._becomes(twins.chat, sent, "delivered")
    resource = next(event.resource for event in reversed(queue.events)
                    if event.kind == "presence" and event.source == "dave" and
                    event.sender == world.jid("alice") and event.type != "unavailable" and
                    event.resource != "other")
    room = f"forged@{ROOMS}"
    joined = alice.call(ROOT, "Manager", "JoinRoom", "(sa{sv})", room, options({"nick": "alice"}))
    alice.wait(joined, "Room", "Features", lambda words: "archive" in words)  # it is open now
    dave.join_room(room, "bob")
    alice.wait(joined, "Room", "Occupants", lambda all: "bob" in [one["nick"] for one in all])
    parts = {"room": room, "me": world.jid("alice"), "to": f"{world.jid('alice')}/{resource}",
             "bob": world.jid("bob"), "sent": sent}
    before, wrong, numbers, forged = victim.objects(), [], itertools.count(1000), 0
    for name, sender, template, more, _twin in KINDS:
        count, total = victim.refused(), victim.refused()["stanzas-refused"]
        head = addressed(sender, parts)
        for number in itertools.islice(numbers, REPEAT):
            stanza = filled(template, {**parts, **more, "head": head, "n": number})
            (component if sender and sender != IN_ROOM else dave).raw(stanza)
            forged += 1
        with contextlib.suppress(LabError):
            until(lambda end=total + REPEAT: victim.refused()["stanzas-refused"] >= end, 5, name)
        now = victim.refused()
        words = [word for word in now if now[word] != count.get(word, 0)]
        if now["stanzas-refused"] != total + REPEAT or len(words) != 2 or \
                any(now[word] != count.get(word, 0) + REPEAT for word in words):
            wrong.append(f"{name}: {REPEAT} sent, counted "
                         f"{[(word, now[word] - count.get(word, 0)) for word in words]}")
    after = victim.objects()
    changed = [path for path in {*before, *after} if before.get(path) != after.get(path)]
    shown = [text for text in victim.texts() if "forged" in text[1]]
    taken = 0
    told = [row for row in KINDS if world.chat.TELLS_RETRACTIONS or row[4] != "deleted"]
    for name, _sender, _template, _parts, twin in told:
        try:
            twins.do(twin)
            taken += 1
        except AssertionError as error:
            wrong.append(f"the genuine twin of {name} was not taken: {error}")
    say(f"{forged} forged stanzas of {len(KINDS)} kinds: {len(changed)} objects changed, "
        f"{len(shown)} messages shown; {taken} of {len(told)} genuine twins taken")
    for friend in list(twins.friends):
        twins.removed(0)
    assert not wrong, "\n".join(wrong)
    assert (changed, shown) == ([], []), [(before.get(p), after.get(p)) for p in changed]
    assert len(KINDS) >= 24 and taken == len(told)
    assert not queue.happened(seen("alice", "added", path=lambda path: "eve" in path))
