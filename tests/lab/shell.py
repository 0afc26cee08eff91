# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab, up, with a shell in it: cusaxctl talks to alice's daemon. With words: runs a command."""

import os
import shutil
import signal
import subprocess
import sys

from lab import inner
from lab.world import World

GREETING = """
The lab is up: everything on loopback, and gone when you leave this shell.

  You are alice: {alice_jid}, {alice_sip}
    cusaxctl                the state of her accounts
    cusaxctl roster         her contacts, and what can be done with each
    cusaxctl call Bob       calls bob             bob answer      he answers
    cusaxctl send Bob hi    writes to him         bob monitor     what he sees
    tone a 440              she speaks a tone     hear b          what he hears
  "bob WORDS" is cusaxctl for bob's daemon. dave and carol are contacts who
  are not at home. busctl --user shows the bus API itself.

  Logs     {folder}/alice/cusaxd.log, also bob/,
           prosody/prosody.log, kamailio/kamailio.log
  Servers  XMPP 127.0.0.1:{xmpp_port} (STARTTLS), {xmpp_tls} (TLS)
           SIP  127.0.0.1:{sip_port} (UDP, TCP), {sip_tls} (TLS)
  CA       {ca}
"""
BOB = "#!/bin/sh\nexec env {env} {programs}/cusaxctl \"$@\"\n"
TONE = """#!/bin/sh
# tone LETTER FREQUENCY: a person (a, b) speaks a tone for five seconds
module=$(pactl --server {server} load-module module-sine sink=mic_$1 frequency=$2) || exit 1
sleep 5
pactl --server {server} unload-module "$module"
"""
HEAR = """#!/bin/sh
# hear LETTER: what arrives at a person's ear, measured for up to two seconds
exec /usr/bin/python3 -c 'import sys
from lab.pulse import Pulse
p = Pulse.__new__(Pulse)
p.server, p.folder = "{server}", "{folder}"
print(p.hear(sys.argv[1], 0, timeout=2))' "$@"
"""


def write_script(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, 0o755)


def furnish(world):
    """The little commands beside cusaxctl."""
    quoted = " ".join(f"'{key}={value}'" for key, value in world.bob.program_environment().items())
    write_script(world.programs, "bob", BOB.format(env=quoted, programs=world.programs))
    write_script(world.programs, "tone", TONE.format(server=world.pulse.server))
    write_script(world.programs, "hear", HEAR.format(server=world.pulse.server,
                                                     folder=world.pulse.folder))


def environment(world):
    env = {**os.environ, **world.alice.env, "LAB_DIR": world.folder, "LAB_CA": world.ca,
           "TERM": os.environ.get("TERM", "dumb"), "PS1": "alice@lab$ "}
    env["PATH"] = f"{world.programs}:/usr/bin:/bin:/usr/sbin:/sbin"
    return env


def greet(world):
    print(GREETING.format(
        alice_jid=world.jid("alice"), alice_sip=world.sip_uri("alice"), folder=world.folder,
        xmpp_port=world.chat.port, xmpp_tls=world.chat.tls_port,
        sip_port=world.kamailio.port, sip_tls=world.kamailio.tls_port, ca=world.ca), flush=True)


def main():
    words = sys.argv[1:]
    with World() as world:
        for person in (world.alice, world.bob):
            person.start_daemon()
            world.set_up(person)
        furnish(world)
        if not words:
            greet(world)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the shell
            bash = shutil.which("bash")
            words = [bash, "--norc", "--noprofile", "-i"] if bash else ["/bin/sh", "-i"]
        # the shell gets Ctrl-C back, and an end of its own
        return subprocess.run(words, env=environment(world), cwd=world.alice.folder, check=False,
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
                              ).returncode


if __name__ == "__main__":
    inner.run(main)
