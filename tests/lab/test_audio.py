# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound that works: codecs, encryption, figures, devices, mixing and recording."""

import os

import pytest

from lab.events import seen
from lab.test_calls import answer, tones_both_ways

# Each codec and each encryption once; all pairs of them with T6_PAIRS=all.
CODECS = {"opus": "opus/48000/2", "g722": "G722/8000", "pcmu": "PCMU/8000", "pcma": "PCMA/8000"}
ENCRYPTION = {"none": ("udp", None), "sdes-srtp": ("tls", "srtp-mand"),
              "dtls-srtp": ("tls", "dtls_srtp")}
PAIRS = [("opus", "dtls-srtp"), ("g722", "sdes-srtp"), ("pcma", "none")]
if os.environ.get("T6_PAIRS") == "all":
    PAIRS = [(codec, encryption) for codec in CODECS for encryption in ENCRYPTION]


def talk(world, queue, alice, peers, **settings):
    """A call from alice to a phone that is not ours; gives the call and the phone."""
    transport, srtp = ENCRYPTION[settings.pop("encryption", "none")]
    world.set_up(alice, transport, **settings)
    phone = peers.baresip("carol", transport=transport, srtp=srtp)
    call = alice.dial("Carol")
    queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    return call, phone


@pytest.mark.parametrize("codec,encryption", PAIRS)
def test_T6_T7_each_codec_and_encryption_carries_tones_both_ways(world, queue, alice, peers, say,
                                                                codec, encryption):
    how = {"media_encryption": "dtls"} if encryption == "dtls-srtp" else {}
    call, phone = talk(world, queue, alice, peers, codecs=[codec], encryption=encryption, **how)
    alice.wait(call, "Call", "Encryption", encryption)
    assert alice.get(call, "Call", "Codec") == CODECS[codec]
    tones_both_ways(world, say, f"{codec}, {encryption}", "c")
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T6_who_answers_chooses_the_codec_by_the_order_of_the_account(world, alice, peers):
    world.set_up(alice, "udp", codecs=["g722", "opus", "pcma"])
    phone = peers.baresip("carol", transport="udp", srtp=None)
    phone.dial(world.sip_uri("alice"))
    call = alice.incoming()
    answer(alice, call)
    assert alice.get(call, "Call", "Codec") == "G722/8000"
    phone.hangup()
    alice.wait(call, "Call", "State", "ended")
