# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice mailboxes: how many messages wait, and calling to hear them (T10)."""

import secrets
import socket

from lab.api import options
from lab.events import seen

NOTIFY = """NOTIFY {target} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{branch};rport
From: <sip:mailbox@sip.test>;tag=m
To: <{target}>
Call-ID: {branch}
CSeq: 1 NOTIFY
Contact: <sip:mailbox@127.0.0.1:{port}>
Max-Forwards: 70
Event: message-summary
Subscription-State: active
Content-Type: application/simple-message-summary
Content-Length: {length}

{body}"""


def tell(server, target, body):
    """A mail server's NOTIFY through the proxy; the status line of the answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        body = body.replace("\n", "\r\n")
        text = NOTIFY.format(target=target, port=sock.getsockname()[1], body=body,
                             branch=secrets.token_hex(8), length=len(body))
        head, _, tail = text.partition("\n\n")
        sock.sendto((head.replace("\n", "\r\n") + "\r\n\r\n" + tail).encode(), server)
        while True:
            status = sock.recv(4096).split(b"\r\n")[0].decode()
            if not status.startswith("SIP/2.0 1"):
                return status


def test_T10_messages_that_wait_and_the_way_to_them(world, queue, alice, peers):
    services = world.set_up(alice)
    trunk = ("127.0.0.1", world.kamailio.trunk_port)
    me = world.sip_uri("alice")
    assert alice.get(services.sip, "Account", "Voicemail") == (0, 0)
    assert alice.get(services.sip, "Account", "VoicemailUri") == ""
    # at another service: the count is believed, the way there is not
    answer = tell(trunk, me, "Messages-Waiting: yes\nMessage-Account: sip:+33899@evil.test\n"
                             "Voice-Message: 3/1 (0/0)\n")
    assert answer.startswith("SIP/2.0 200")
    alice.wait(services.sip, "Account", "Voicemail", (3, 1))
    assert alice.get(services.sip, "Account", "VoicemailUri") == ""
    assert alice.ctl("voicemail", "call").returncode == 10
    tell(trunk, me, "Messages-Waiting: yes\nMessage-Account: sip:carol@sip.test\n")
    alice.wait(services.sip, "Account", "VoicemailUri", "sip:carol@sip.test")
    alice.wait(services.sip, "Account", "Voicemail", (1, 0))
    assert tell(trunk, me, "nonsense\n").startswith("SIP/2.0 400")
    table = alice.ctl("voicemail")
    assert table.returncode == 0 and "sip:carol@sip.test" in table.stdout, table
    peers.baresip("carol")
    call = alice.ctl("voicemail", "call")
    assert call.returncode == 0, call.stderr
    queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
    alice.call(alice.client.paths("Call")[0], "Call", "Hangup")
    # what the user sets goes before what the server names
    alice.call(services.sip, "Account", "Update", "(a{sv})", options({"voicemail": "*97"}))
    alice.wait(services.sip, "Account", "VoicemailUri", "sip:*97@sip.test")
