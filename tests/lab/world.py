# SPDX-License-Identifier: GPL-3.0-or-later
"""The standard lab: CA, Prosody, Kamailio, PulseAudio, and the persons alice and bob with accounts.

xmpp.test, where everybody has an address, is served by `chat`: Prosody, or ejabberd with LAB_CHAT.

The cast: alice and bob run cusaxd. carol is a foreign XMPP client with a telephone number, dave one
without. mallory has a SIP account only, erin has accounts and nothing to do. Each password is a
canary that no log may ever show.
"""

import itertools
import os
import secrets
import time

from lab import family
from lab.ca import Certificates
from lab.ejabberd import Ejabberd
from lab.events import Queue
from lab.kamailio import DOMAIN as SIP_HOST, Kamailio
from lab.peers.slix import Slix, vcard
from lab.person import Person
from lab.prosody import (BINDING_HOST, FAULTY_HOSTS, GOOD_HOST, OLDER_HOST, PLAIN_HOST, SHOWING_HOST,
                         Prosody)
from lab.pulse import Pulse

CAST = {"alice": "Alice Adams", "bob": "Bob Brown", "carol": "Carol Clark", "dave": "Dave Dunn"}
IDLER = "erin"
# Which server stands for xmpp.test: LAB_CHAT is prosody or ejabberd.
CHAT = os.environ.get("LAB_CHAT", "prosody")
CALLABLE = ("alice", "bob", "carol")
SIP_USERS = ("alice", "bob", "carol", "mallory", IDLER)


class Services:
    """The paths of one person's accounts and their service."""

    def __init__(self, xmpp, sip, service):
        self.xmpp, self.sip, self.service = xmpp, sip, service


class World:
    """A context manager. `times` holds seconds from the start until each part was ready."""

    def __init__(self, hosts=()):
        """hosts: addresses beside those of loopback at which the telephony server is reached."""
        self.hosts = hosts
        # labs that run side by side, or one after the other, have a folder each
        label = os.environ.get("PYTEST_XDIST_WORKER", "lab")
        number = next(n for n in itertools.count()
                      if not os.path.exists(os.path.join(os.environ["LAB_DIR"], f"{label}-{n}")))
        self.folder = os.path.join(os.environ["LAB_DIR"], f"{label}-{number}")
        os.makedirs(self.folder)
        self.programs = os.path.join(os.environ["LAB_DIR"], "bin")
        self.queue = Queue()
        self.times = {}
        self.persons = []
        self._token = secrets.token_hex(6)
        self._started = []

    def __enter__(self):
        begin = time.monotonic()
        try:
            self._start(lambda what: self.times.update({what: time.monotonic() - begin}))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc):
        while self._started:
            self._started.pop().stop()

    def password(self, user):
        return f"canary-{self._token}-{user}"

    def canary(self):
        """What every password of this lab begins with."""
        return f"canary-{self._token}"

    def sip_uri(self, name):
        return f"sip:{name}@{SIP_HOST}"

    def jid(self, name):
        return f"{name}@{GOOD_HOST}"

    def port_of(self, host):
        return (self.chat if host == GOOD_HOST else self.prosody).port

    def run(self, server):
        """Starts something that has start() and stop(), and ends it with the lab."""
        self._started.append(server)
        return server.start()

    def person(self, name, letter, **how):
        """One more person, with a session of their own but no daemon yet."""
        someone = Person(name, letter, os.path.join(self.folder, name), self.queue, self.pulse,
                         self.programs, **how)
        self.persons.append(someone)
        return self.run(someone)

    def stop(self, server):
        """Ends one server before the lab ends."""
        self._started.remove(server)
        server.stop()

    def slix(self, name, **how):
        """A foreign client of one of the cast, logged in."""
        return Slix(self.queue, name, self.jid(name), self.password(name), self.chat.port,
                    self.certificates.trusted.pem, **how).start().ready()

    def _start(self, lap):
        self.certificates = Certificates(os.path.join(self.folder, "certificates"))
        self.ca = self.certificates.trusted.pem
        lap("certificates")
        self.prosody = Prosody(os.path.join(self.folder, "prosody"), self.certificates)
        self.chat = self.chat_server("ejabberd") if CHAT == "ejabberd" else self.prosody
        self._populate()
        self.kamailio = Kamailio(os.path.join(self.folder, "kamailio"), self.certificates,
                                 {user: self.password(user) for user in SIP_USERS},
                                 self.hosts)
        self.pulse = Pulse(os.path.join(self.folder, "pulse"))
        servers = {"Prosody": self.run(self.prosody), "Kamailio": self.run(self.kamailio),
                   "PulseAudio": self.run(self.pulse)}
        if self.chat is not self.prosody:
            servers["ejabberd"] = self.run(self.chat)
        self.alice, self.bob = self.person("alice", "a"), self.person("bob", "b")
        servers.update({"alice's session": self.alice, "bob's session": self.bob})
        for what, server in servers.items():
            server.ready()
            lap(what)

    def chat_server(self, folder):
        """One more server for xmpp.test, of the kind that this lab is run with; not started."""
        folder = os.path.join(self.folder, folder)
        return Ejabberd(folder, self.certificates, GOOD_HOST) if CHAT == "ejabberd" else \
            Prosody(folder, self.certificates)

    def _populate(self):
        for server in {self.prosody, self.chat}:
            for name, full in CAST.items():
                server.add_user(self.jid(name), self.password(name))
                server.set_vcard(self.jid(name), vcard(
                    full, [self.sip_uri(name)] if name in CALLABLE else []))
                server.set_roster(self.jid(name), {
                    self.jid(other): other.title() for other in CAST if other != name})
            server.add_user(self.jid(IDLER), self.password(IDLER))
        for host in (*FAULTY_HOSTS.values(), PLAIN_HOST, BINDING_HOST, SHOWING_HOST, OLDER_HOST):
            self.prosody.add_user(f"alice@{host}", self.password("alice"))

    # accounts of a person whose daemon runs

    def add_xmpp(self, person, host=GOOD_HOST, user=None, password=None, **settings):
        """An account that trusts the lab's CA; settings override."""
        user = user or person.name
        given = {"server": family.HOST, "port": self.port_of(host), "ca_file": self.ca, **settings}
        return person.add_account("xmpp", f"{user}@{host}", password or self.password(user),
                                  **{key: value for key, value in given.items()
                                     if value is not None})

    def add_sip(self, person, transport="tls", fault=None, password=None, **settings):
        """An account at Kamailio; fault: the port whose certificate has it."""
        host = "127.0.0.1" if fault else family.LITERAL
        given = {"proxy": self.kamailio.proxy(transport, fault), "listen": f"{host}:0",
                 "transport": transport, "ca_file": self.ca, **settings}
        return person.add_account("sip", f"{person.name}@{SIP_HOST}",
                                  password or self.password(person.name),
                                  **{key: value for key, value in given.items()
                                     if value is not None})

    def set_up(self, person, transport="tls", online=True, **sip_settings):
        """Both accounts, paired into one service, and both online."""
        xmpp = self.add_xmpp(person)
        sip = self.add_sip(person, transport, **sip_settings)
        service = person.pair(xmpp, sip)
        if online:
            person.wait_state(xmpp, "online")
            person.wait_state(sip, "online")
            self.chat.wait_known()
        return Services(xmpp, sip, service)
