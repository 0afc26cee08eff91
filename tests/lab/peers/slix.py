# SPDX-License-Identifier: GPL-3.0-or-later
"""An XMPP client that is not ours: slixmpp, in a thread, with everything it hears on the queue."""

import asyncio
import contextlib
import logging
import threading
from xml.etree import ElementTree

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
import slixmpp  # noqa: E402  (says something at import unless told not to)
from slixmpp.exceptions import IqError  # noqa: E402, F401  (for tests)
from slixmpp.xmlstream.handler import Callback  # noqa: E402
from slixmpp.xmlstream.matcher import MatchXPath  # noqa: E402

from lab.process import LabError  # noqa: E402

VCARD = ("<vCard xmlns='vcard-temp'><FN>{name}</FN>{tel}</vCard>")
TEL = "<TEL><VOICE/><NUMBER>{number}</NUMBER></TEL>"
PRESENCE = ("<presence>{show}<x xmlns='vcard-temp:x:update'><photo>{photo}</photo></x>"
            "</presence>")


def vcard(name, numbers=()):
    """A vCard (XEP-0054) with these numbers as voice."""
    return VCARD.format(name=name, tel="".join(TEL.format(number=number) for number in numbers))


class Slix:
    """One logged-in client. Events: online, message, wordless (a message without body), receipt, presence, failed."""

    def __init__(self, queue, name, jid, password, port, ca, resource="slix"):
        self.queue, self.name, self.jid = queue, name, jid
        self.password, self.port, self.ca, self.resource = password, port, ca, resource
        self.facts = {}
        self._online = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"slix-{name}")
        self._ids = 0

    def start(self):
        self._thread.start()
        return self

    def ready(self, timeout=10):
        if not self._online.wait(timeout):
            raise LabError(f"{self.name} did not log in at port {self.port}")
        return self

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._client.disconnect, 0.5)
            self._thread.join(3)
            if self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(2)

    def send(self, to, body, receipt=True):
        """Sends a chat message; returns its id. The receipt arrives as an event with that id."""
        self._ids += 1
        number = f"{self.name}-{self._ids}"
        ask = "<request xmlns='urn:xmpp:receipts'/>" if receipt else ""
        text = ElementTree.Element("body")
        text.text = body
        self.raw(f"<message xmlns='jabber:client' type='chat' id='{number}' to='{to}'>"
                 f"{ElementTree.tostring(text, encoding='unicode')}{ask}</message>")
        return number

    def raw(self, xml):
        """Sends bytes as they are."""
        self._loop.call_soon_threadsafe(self._client.send_raw, xml)

    def iq(self, kind, payload, to=None, timeout=5):
        """Sends an IQ and returns the answer's stanza."""
        async def ask():
            query = self._client.make_iq(ito=to, itype=kind)
            query.append(ElementTree.fromstring(payload))
            return await query.send(timeout=timeout)
        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(timeout + 1)

    def publish_vcard(self, name, numbers, version):
        """Publishes a vCard and tells everybody, as clients do, by a new photo hash in presence."""
        self.iq("set", vcard(name, numbers))
        self.raw(PRESENCE.format(show="", photo=f"{version:040x}"))

    def join_room(self, room, nick, password=None):
        """Joins; what happens there arrives as events: occupant, message (of type groupchat)."""
        secret = f"<password>{password}</password>" if password else ""
        self.raw(f"<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'>"
                 f"<history maxstanzas='0'/>{secret}</x></presence>")

    def leave_room(self, room, nick):
        self.raw(f"<presence to='{room}/{nick}' type='unavailable'/>")

    def say(self, room, body, more=""):
        """Says something in a room; returns its id."""
        self._ids += 1
        number = f"{self.name}-{self._ids}"
        text = ElementTree.Element("body")
        text.text = body
        self.raw(f"<message type='groupchat' id='{number}' to='{room}'>"
                 f"{ElementTree.tostring(text, encoding='unicode')}{more}</message>")
        return number

    def describe(self, node, *features):
        """Answers questions for a node (XEP-0030) with those features, as a bot."""
        async def tell():
            disco = self._client["xep_0030"]
            await disco.add_identity(category="client", itype="bot", name="Peer", node=node)
            for feature in features:
                await disco.add_feature(feature, node=node)
        asyncio.run_coroutine_threadsafe(tell(), self._loop).result(5)

    def forget_nodes(self, *nodes):
        """Deletes nodes of its own account (XEP-0060), where they are."""
        for node in nodes:
            with contextlib.suppress(slixmpp.exceptions.IqError):
                self.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>"
                               f"<delete node='{node}'/></pubsub>")

    def show(self, show=""):
        self.raw(f"<presence>{f'<show>{show}</show>' if show else ''}</presence>")

    def add_contact(self, jid, name, groups=()):
        inner = "".join(f"<group>{group}</group>" for group in groups)
        self.iq("set", f"<query xmlns='jabber:iq:roster'><item jid='{jid}' name='{name}'>{inner}"
                       "</item></query>")

    def _run(self):
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        client = slixmpp.ClientXMPP(f"{self.jid}/{self.resource}", self.password)
        self._client = client
        client.ca_certs = self.ca
        client.register_plugin("xep_0030")
        client.register_plugin("xep_0199")
        client.register_plugin("xep_0184", {"auto_ack": True, "auto_request": False})
        client.add_event_handler("session_start", self._started)
        client.add_event_handler("message", self._message)
        client.register_handler(Callback("wordless", MatchXPath("{jabber:client}message"),
                                         self._wordless))
        client.add_event_handler("message_error", self._message)
        client.add_event_handler("presence", self._presence)
        client.add_event_handler("receipt_received", self._receipt)
        for trouble in ("failed_auth", "connection_failed", "ssl_invalid_chain"):
            client.add_event_handler(trouble, lambda reason, what=trouble: self.queue.push(
                self.name, "failed", what=what, reason=str(reason)))
        client.add_event_handler("disconnected", lambda _: self._loop.stop())
        client.connect(("127.0.0.1", self.port), disable_starttls=False)
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))

    async def _started(self, _):
        connection = self._client.transport.get_extra_info("ssl_object")
        self.facts = {"tls": connection.version() if connection else None,
                      "verified": bool(connection and connection.getpeercert())}
        await self._client.get_roster()
        self._client.send_presence()
        self._online.set()
        self.queue.push(self.name, "online", jid=str(self._client.boundjid))

    def _message(self, stanza):
        self.queue.push(self.name, "message", sender=stanza["from"].bare,
                        resource=stanza["from"].resource, body=stanza["body"],
                        id=stanza["id"], type=stanza["type"], xml=str(stanza))

    def _wordless(self, stanza):
        if not stanza["body"]:
            self.queue.push(self.name, "wordless", sender=stanza["from"].bare, xml=str(stanza))

    def _presence(self, stanza):
        self.queue.push(self.name, "presence", sender=stanza["from"].bare,
                        resource=stanza["from"].resource, type=stanza["type"],
                        xml=str(stanza))

    def _receipt(self, stanza):
        self.queue.push(self.name, "receipt", sender=stanza["from"].bare, id=stanza["receipt"])
