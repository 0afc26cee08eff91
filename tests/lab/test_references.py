# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages about messages with a client that is not ours: reactions, replies, retractions, corrections."""

import pytest

from lab.api import ROOT, Failure, options
from lab.events import seen
from lab.test_chat import messages

MESSAGE = "<message xmlns='jabber:client' type='chat' id='{id}' to='{to}'>{inner}</message>"
REACTIONS = "<reactions xmlns='urn:xmpp:reactions:0' id='{id}'>{inner}</reactions>"
RETRACT = "<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>"
REPLACE = "<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>"
THUMB, HEART = "\N{THUMBS UP SIGN}", "\N{HEAVY BLACK HEART}"


class Talk:
    """alice's chat with dave, who is a slixmpp client."""

    def __init__(self, world, queue, alice, peers):
        world.set_up(alice)
        self.alice, self.queue, self.own = alice, queue, world.jid("alice")
        self.dave = peers.slix("dave")
        self.chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
        self._ids = 0

    def send(self, text, **how):
        return self.alice.call(self.chat, "Chat", "Send", "(sa{sv})", text, options({key.replace("_", "-"): value for key, value in how.items()}))

    def hear(self, inner):
        """dave sends this; returns its id."""
        self._ids += 1
        number = f"d{self._ids}"
        self.dave.raw(MESSAGE.format(id=number, to=self.own, inner=inner))
        return number

    def text(self, body):
        """dave says something; returns its id on the wire and ours."""
        wire = self.hear(f"<body>{body}</body>")
        return wire, self.until(lambda m: m["text"] == body)["id"]

    def all(self):
        return messages(self.alice, self.chat)

    def message(self, number):
        return next(m for m in self.all() if m["id"] == number)

    def until(self, check):
        return self.queue.wait(lambda: next((m for m in self.all() if check(m)), None), 8,
                               "a message in the history as wanted")

    def changed(self, number):
        self.queue.expect(seen("alice", "signal", interface="Chat", member="MessageChanged",
                               path=self.chat), 8)
        return self.message(number)

    def dave_gets(self, *parts):
        """The next message at dave with all of this in it."""
        return self.queue.expect(lambda event: event.source == "dave" and event.kind in ("message", "wordless")
                                 and all(part in event.fields["xml"] for part in parts))

    def act(self, method, *arguments):
        signature = {"React": "(sas)", "Retract": "(sa{sv})", "Correct": "(ss)"}[method]
        return self.alice.call(self.chat, "Chat", method, signature, *arguments)

    def refused(self, *call):
        with pytest.raises(Failure) as refusal:
            self.act(*call)
        return refusal.value.name


@pytest.fixture
def talk(world, queue, alice, peers):
    return Talk(world, queue, alice, peers)


def test_X5_reactions_go_both_ways_and_are_taken_back(talk, world):
    number = talk.send("look")
    talk.dave_gets("look")
    talk.hear(REACTIONS.format(id=number, inner=f"<reaction>{THUMB}</reaction>"
                                                f"<reaction>\u202e{HEART}</reaction>"))
    there = talk.until(lambda m: m["reactions"])
    assert there["id"] == number and there["reactions"] == {world.jid("dave"): [THUMB, HEART]}
    wire, theirs = talk.text("your turn")
    talk.act("React", theirs, [HEART])
    talk.dave_gets("urn:xmpp:reactions:0", f'id="{wire}"', HEART)
    assert talk.message(theirs)["reactions"] == {talk.own: [HEART]}
    talk.act("React", theirs, [])
    talk.dave_gets("urn:xmpp:reactions:0", f'id="{wire}"')
    assert talk.message(theirs)["reactions"] == {}
    talk.hear(REACTIONS.format(id=number, inner=""))
    talk.until(lambda m: m["id"] == number and not m["reactions"])
    assert len(talk.all()) == 2, "no act is shown as a message"


def test_X5_a_reply_names_its_message_and_quotes_it_for_others(talk):
    wire, theirs = talk.text("a question?")
    answer = talk.send("an answer", reply_to=theirs)
    event = talk.dave_gets("urn:xmpp:reply:0", f'id="{wire}"', "urn:xmpp:fallback:0")
    assert event.fields["body"] == "> a question?\nan answer"
    assert talk.message(answer)["reply-to"] == theirs
    assert talk.message(answer)["text"] == "an answer"
    talk.hear("<body>&gt; an answer\nthanks</body>"
              f"<reply xmlns='urn:xmpp:reply:0' to='{talk.own}' id='{answer}'/>"
              "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
              "<body start='0' end='12'/></fallback>")
    assert talk.until(lambda m: m["text"] == "thanks")["reply-to"] == answer
    with pytest.raises(Failure) as refusal:
        talk.send("to nothing", reply_to="no-such-message")
    assert refusal.value.name == "NotFound"


def test_X5_a_retraction_takes_the_text_away_on_both_sides(talk):
    number = talk.send("a slip of the tongue")
    talk.dave_gets("a slip of the tongue")
    talk.act("Retract", number, {})
    talk.dave_gets("urn:xmpp:message-retract:1", f'id="{number}"')
    gone = talk.message(number)
    assert gone["retracted"] and gone["text"] == ""
    wire, theirs = talk.text("theirs")
    talk.hear(RETRACT.format(id=wire) + "<body>/me took it back</body>")
    assert talk.until(lambda m: m["id"] == theirs and m["retracted"])["text"] == ""
    talk.alice.wait(talk.chat, "Chat", "Unread", 0)
    assert len(talk.all()) == 2


def test_R1_nobody_changes_the_messages_of_another(talk, world, peers):
    """Corrections and retractions of alice's message, by the other side and by a third person."""
    number = talk.send("what alice said")
    talk.dave_gets("what alice said")
    eve = peers.slix("carol")
    for sender in (talk.dave, eve):
        sender.raw(MESSAGE.format(id="x1", to=talk.own, inner=RETRACT.format(id=number)))
        sender.raw(MESSAGE.format(id="x2", to=talk.own,
                                  inner="<body>forged</body>" + REPLACE.format(id=number)))
    statistics = talk.queue.wait(
        lambda: (lambda s: s if s.get("stanzas-refused-retraction", 0) >= 1 and
                 s.get("stanzas-refused-correction", 0) >= 1 else None)(
            talk.alice.call(ROOT, "Manager", "GetStatistics")), 8, "both refused and counted")
    assert statistics["stanzas-refused-retraction"] == 1
    kept = talk.message(number)
    assert (kept["text"], kept["retracted"]) == ("what alice said", False)
    forged = talk.until(lambda m: m["text"] == "forged")
    assert (forged["from"], forged["replaces"]) == (world.jid("dave"), "")


def test_X5_what_the_user_may_not_do_has_a_name_and_the_chat_goes_on(talk):
    first = talk.send("first")
    last = talk.send("last")
    talk.dave_gets("last")
    _, theirs = talk.text("theirs")
    assert talk.refused("React", "no-such-message", [THUMB]) == "NotFound"
    assert talk.refused("Retract", "no-such-message", {}) == "NotFound"
    assert talk.refused("Correct", "no-such-message", "x") == "NotFound"
    assert talk.refused("Retract", theirs, {}) == "Refused"
    assert talk.refused("Correct", theirs, "x") == "Refused"
    assert talk.refused("Correct", first, "x") == "WrongState"
    assert talk.refused("React", last, ["x" * 65]) == "InvalidArgument"
    assert talk.refused("React", last, ["x"] * 17) == "InvalidArgument"
    with pytest.raises(Failure) as refusal:
        talk.send("x" * (64 * 1024 + 1))
    assert refusal.value.name == "InvalidArgument"
    talk.act("Correct", last, "last, corrected")
    talk.dave_gets("last, corrected", "urn:xmpp:message-correct:0")
    talk.hear("<body>a body over the limit " + "x" * 200_000 + "</body>")
    talk.text("and on it goes")


def test_X5_reactions_and_retractions_wait_for_the_account(talk, world):
    wire, theirs = talk.text("before")
    number = talk.send("regretted")
    talk.dave_gets("regretted")
    account = talk.alice.get(talk.chat, "Chat", "Account")
    talk.alice.call(account, "Account", "Disconnect")
    talk.alice.wait_state(account, "offline")
    talk.act("React", theirs, [THUMB])
    talk.act("Retract", number, {})
    talk.queue.skip()
    talk.alice.call(account, "Account", "Connect")
    talk.dave_gets("urn:xmpp:reactions:0", f'id="{wire}"', THUMB)
    talk.dave_gets("urn:xmpp:message-retract:1", f'id="{number}"')


def test_X5_what_was_said_of_messages_meanwhile_comes_from_the_archive(talk, world):
    number = talk.send("look at this")
    talk.dave_gets("look at this")
    wire, theirs = talk.text("taken back later")
    account = talk.alice.get(talk.chat, "Chat", "Account")
    talk.alice.call(account, "Account", "Disconnect")
    talk.alice.wait_state(account, "offline")
    store = "<store xmlns='urn:xmpp:hints'/>"
    talk.hear(REACTIONS.format(id=number, inner=f"<reaction>{THUMB}</reaction>") + store)
    talk.hear(RETRACT.format(id=wire) + "<body>/me took it back</body>" + store)
    talk.dave.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=world.jid("dave").partition("@")[2])
    talk.alice.call(account, "Account", "Connect")
    assert talk.until(lambda m: m["reactions"])["id"] == number
    assert talk.until(lambda m: m["retracted"])["id"] == theirs
    assert len(talk.all()) == 2
