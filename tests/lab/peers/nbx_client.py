# SPDX-License-Identifier: GPL-3.0-or-later
"""The program behind peers/nbx.py: Debian's nbxmpp, the library of Gajim, logged in once.

Arguments: JID, port, CA file; the password and then commands come as lines of JSON on standard
input, and what it hears goes as lines of JSON to standard output.
"""

import json
import logging
import os
import sys

import gi
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from nbxmpp.client import Client  # noqa: E402
from nbxmpp.const import ConnectionProtocol, ConnectionType  # noqa: E402
from nbxmpp.modules.omemo import create_omemo_message  # noqa: E402
from nbxmpp.modules.receipts import build_receipt  # noqa: E402
from nbxmpp.protocol import JID, Message, Presence  # noqa: E402
from nbxmpp.structs import OMEMOMessage, StanzaHandler  # noqa: E402

logging.getLogger("nbxmpp").setLevel(logging.ERROR)


def say(kind, **fields):
    print(json.dumps({"kind": kind, **fields}), flush=True)


class Peer:
    def __init__(self, jid, port, ca, password):
        self.jid = JID.from_string(jid)
        self.client = Client(log_context="lab")
        self.client.set_username(self.jid.localpart)
        self.client.set_domain(self.jid.domain)
        self.client.set_resource("nbxmpp")
        self.client.set_password(password)
        self.client.set_custom_host(f"127.0.0.1:{port}", ConnectionProtocol.TCP,
                                    ConnectionType.START_TLS)
        # It knows the system's authorities only: the lab's servers are accepted one by one.
        self.client.set_accepted_certificates(
            Gio.TlsCertificate.list_new_from_file(ca) +
            [Gio.TlsCertificate.new_from_file(path) for path in sys.argv[4:]])
        self.client.subscribe("connected", self.connected)
        self.client.subscribe("connection-failed", lambda *_: say("failed"))
        self.client.subscribe("disconnected", lambda *_: say("gone"))
        self.client.register_handler(StanzaHandler(name="message", callback=self.heard, priority=90))
        self.client.connect()

    def connected(self, *_):
        self.client.send_stanza(Presence())
        say("online")

    def heard(self, _client, stanza, properties):
        if properties.pubsub:
            return
        fields = {"sender": str(properties.jid.new_as_bare()), "body": properties.body, "id": properties.id}
        if properties.receipt is not None and properties.receipt.type == "received":
            say("receipt", sender=fields["sender"], id=properties.receipt.id)
        if properties.marker is not None:
            say("marker", sender=fields["sender"], type=properties.marker.type,
                id=properties.marker.id)
        if properties.reactions is not None:
            say("reactions", sender=fields["sender"], id=properties.reactions.id,
                reactions=sorted(properties.reactions.emojis))
        if properties.body:
            say("message", **fields,
                replaces=properties.correction.id if properties.correction else None,
                reply=properties.reply_data.id if properties.reply_data else None)
            if properties.receipt is not None and properties.receipt.type == "request":
                self.client.send_stanza(build_receipt(stanza))

    def command(self, order):
        message = Message(to=JID.from_string(order["to"]), typ="chat", body=order.get("body"))
        message.setID(order["id"])
        message.setOriginID(order["id"])
        if order.get("receipt"):
            message.setReceiptRequest()
            message.setMarkable()
        if order.get("replaces"):
            message.setCorrection(order["replaces"])
        if order.get("reply"):
            message.setReply(order["to"], order["reply"], 0, order["quoted"])
        if "reactions" in order:
            message.setReactions(order["target"], order["reactions"])
        if order.get("displayed"):
            message.setMarker("displayed", order["displayed"])
        if order.get("encrypt"):
            key, iv = AESGCM.generate_key(128), os.urandom(12)
            sealed = AESGCM(key).encrypt(iv, order["encrypt"].encode(), None)
            create_omemo_message(message, OMEMOMessage(
                sid=27183, iv=iv, keys={31415: (os.urandom(64), True)}, payload=sealed))
        self.client.send_stanza(message)


def orders():
    """Whole lines of standard input, as they come; nothing is kept back in a buffer of Python's."""
    rest = b""
    while True:
        more = os.read(0, 65536)
        if not more:
            return
        rest += more
        *lines, rest = rest.split(b"\n")
        yield [json.loads(line) for line in lines]


def main():
    incoming = orders()
    password = next(incoming)[0]
    peer = Peer(sys.argv[1], int(sys.argv[2]), sys.argv[3], password)
    loop = GLib.MainLoop()

    def typed(*_):
        for order in next(incoming, [None]):
            if order is None:
                loop.quit()
                return False
            peer.command(order)
        return True
    GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT,
                      GLib.IOCondition.IN | GLib.IOCondition.HUP, typed)
    loop.run()


main()
