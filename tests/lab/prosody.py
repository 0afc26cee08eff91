# SPDX-License-Identifier: GPL-3.0-or-later
"""Prosody: the lab's XMPP server, with one virtual host for each fault.

xmpp.test is the good host. expired.test, selfsigned.test, wrongname.test and foreign.test have the
certificate their name says; plain.test offers no STARTTLS. Accounts, rosters and vCards are
written into its data folder before it starts, which takes no time. rogue.test is for an external
component, which speaks from that domain as it likes. At ccert.test one logs in by a client
certificate; binding.test speaks TLS 1.2, where logins are bound to the channel; showing.test knows
PLAIN alone; older.test has no PEP.
"""

import glob
import os
import re
import secrets
import signal
from xml.etree import ElementTree

from lab import ca, family, ports
from lab.chat_server import COMPONENT_HOST, COMPONENT_SECRET, FILE_LIMIT, ChatServer
from lab.process import Process

GOOD_HOST = "xmpp.test"
PLAIN_HOST = "plain.test"
CERTIFICATE_HOST, BINDING_HOST = "ccert.test", "binding.test"
SHOWING_HOST = "showing.test"
OLDER_HOST = "older.test"
ROOMS = "rooms.xmpp.test"
FAULTY_HOSTS = {kind: f"{kind}.test" for kind in ca.Certificates.FAULTS}

CONFIG = """
pidfile = "{base}/prosody.pid"; data_path = "{base}/data"; daemonize = false
plugin_paths = {{ "/usr/lib/prosody/modules", "{base}/plugins" }}
interfaces = {{ "127.0.0.1", "::1" }}; c2s_ports = {{ {port} }}; c2s_direct_tls_ports = {{ {tls_port} }}
s2s_ports = {{}}; http_ports = {{}}; https_ports = {{ {https_port} }}
http_interfaces = {{ "127.0.0.1" }}; https_interfaces = {{ "127.0.0.1" }}
https_ssl = {{ certificate = "{files_pem}", key = "{files_key}" }}
component_ports = {{ {component_port} }}; component_interfaces = {{ "127.0.0.1" }}
log = {{ {{ levels = {{ min = "info" }}, to = "file", filename = "{base}/prosody.log" }} }}
storage = "internal"; storage_archive_item_limit = 1000000; authentication = "internal_hashed"; password_hash = "SHA-256"
c2s_require_encryption = true; modules_disabled = {{ "s2s" }}; smacks_hibernation_time = 5
modules_enabled = {{ "disco", "roster", "saslauth", "tls", "blocklist", "carbons", "pep", "private",
  "smacks", "vcard", "csi", "csi_simple", "mam", "ping", "time", "version", "presence", "message",
  "iq", "offline", "posix", "external_services", "lastactivity", "lab_vcards" }}
limits = {{ c2s = {{ rate = "1mb/s" }} }}
c2s_direct_tls_ssl = {{ certificate = "{pem}", key = "{key}" }}
"""
HOST = 'VirtualHost "{host}"\n  ssl = {{ certificate = "{pem}", key = "{key}" }}\n{more}'
CERTIFICATE = """
VirtualHost "{host}"
  authentication = "ccert"; certificate_match = "xmppaddr"
  ssl = {{ certificate = "{pem}", key = "{key}", cafile = "{ca}", verify = {{ "peer", "client_once" }} }}
"""
BINDING = """
VirtualHost "{host}"
  ssl = {{ certificate = "{pem}", key = "{key}", protocol = "tlsv1_2" }}
"""
# The provider's servers for calls: at the port of a coturn that shares the secret, where a test has one.
RELAYS = """
  external_services = {{
    {{ type = "stun", transport = "udp", host = "{host}", port = {port} }},
    {{ type = "turn", transport = "udp", host = "{host}", port = {port},
      secret = "{secret}", algorithm = "turn", ttl = 3600 }} }}
"""
COMPONENT = 'Component "{host}"\n  component_secret = "{secret}"\n'
# A module: every question for a vCard, every report (XEP-0377), every ping, and whether a client looks, is logged for
# tests to read.
VCARDS = """
module:hook("pre-iq/bare", function(event)
  local stanza = event.stanza
  if stanza.attr.type == "get" and stanza:get_child("vCard", "vcard-temp") then
    module:log("info", "lab: vcard of %s", stanza.attr.to)
  end
  local pubsub = stanza:get_child("pubsub", "http://jabber.org/protocol/pubsub")
  local items = pubsub and pubsub:get_child("items")
  if items and items.attr.node == "urn:xmpp:vcard4" then
    module:log("info", "lab: vcard4 of %s", stanza.attr.to)
  end
end, 100)
module:hook("pre-iq/full", function(event)
  if event.stanza:get_child("ping", "urn:xmpp:ping") then
    module:log("info", "lab: ping of %s", event.stanza.attr.to)
  end
end, 100)
module:add_feature("urn:xmpp:reporting:1")
module:hook("iq-set/self/urn:xmpp:blocking:block", function(event)
  local item = event.stanza.tags[1]:get_child("item")
  local report = item and item:get_child("report", "urn:xmpp:reporting:1")
  if report then
    module:log("info", "lab: report of %s as %s: %s", item.attr.jid, report.attr.reason,
      report:get_child_text("text") or "")
  end
end, 100)
for _, state in ipairs({ "active", "inactive" }) do
  module:hook("csi-client-" .. state, function(event)
    module:log("info", "lab: %s is %s", event.origin.full_jid or "", state)
  end)
end
"""
FILES = """
Component "upload.{host}" "http_file_share"
  http_host = "localhost"; http_external_url = "https://localhost:{port}/"
  http_file_share_size_limit = {limit}
"""
OLDER = '  modules_disabled = { "s2s", "pep" }\n'
SHOWING = '  disable_sasl_mechanisms = { "SCRAM-SHA-1", "SCRAM-SHA-256" }\n'
# Rooms live in memory, so that each test may leave some behind.
MUC = """
Component "{rooms}" "muc"
  ssl = {{ certificate = "{pem}", key = "{key}" }}
  modules_enabled = {{ "muc_mam" }}; restrict_room_creation = false; storage = "memory"
  muc_room_default_public_jids = true
"""
PLAIN = '  modules_disabled = {"s2s", "tls"}\n  c2s_require_encryption = false\n'


def _lua(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        plain = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}
        return f'"{value.translate(str.maketrans(plain))}"'
    items = (f"[{_lua(k)}] = {_lua(v)}" for k, v in value.items())
    return "{ " + "; ".join(items) + " }"


def _stanza(element, namespace):
    """The form in which Prosody stores a stanza: name, attributes, numbered children and texts."""
    own, _, name = element.tag.rpartition("}")
    own = own.lstrip("{") or namespace
    attributes = {**element.attrib, **({"xmlns": own} if own != namespace else {})}
    table = {"name": name, "attr": attributes}
    parts = [element.text] if element.text else []
    for child in element:
        parts.append(_stanza(child, own))
    table.update({number: part for number, part in enumerate(parts, 1)})
    return table


class Prosody(ChatServer):
    def __init__(self, folder, certificates):
        self.folder, self.certificates = folder, certificates
        os.makedirs(os.path.join(folder, "plugins"), exist_ok=True)
        with open(os.path.join(folder, "plugins", "mod_lab_vcards.lua"), "w") as out:
            out.write(VCARDS)
        self.port, self.tls_port = ports.free_port(), ports.free_port()
        self.component_port = ports.free_port()
        self.turn_secret, self.turn_port = secrets.token_hex(16), ports.free_port()
        self.https_port = ports.free_port()
        self.log = os.path.join(folder, "prosody.log")
        self.config = os.path.join(folder, "prosody.cfg.lua")
        self.process = None
        self._configure()

    def _configure(self):
        good, files = (self.certificates.good(host) for host in (GOOD_HOST, "localhost"))
        self.pem = good.pem
        hosts = [HOST.format(host=GOOD_HOST, pem=good.pem, key=good.key,
                             more=RELAYS.format(host=family.HOST, port=self.turn_port, secret=self.turn_secret)),
                 HOST.format(host=PLAIN_HOST, pem=good.pem, key=good.key, more=PLAIN)]
        for kind, host in FAULTY_HOSTS.items():
            bad = self.certificates.faulty(kind, host)
            hosts.append(HOST.format(host=host, pem=bad.pem, key=bad.key, more=""))
        mutual = self.certificates.good(CERTIFICATE_HOST)
        hosts.append(CERTIFICATE.format(host=CERTIFICATE_HOST, pem=mutual.pem, key=mutual.key,
                                        ca=self.certificates.trusted.pem))
        older = self.certificates.good(BINDING_HOST)
        showing = self.certificates.good(SHOWING_HOST)
        hosts.append(HOST.format(host=SHOWING_HOST, pem=showing.pem, key=showing.key, more=SHOWING))
        older_still = self.certificates.good(OLDER_HOST)
        hosts.append(HOST.format(host=OLDER_HOST, pem=older_still.pem, key=older_still.key, more=OLDER))
        hosts.append(BINDING.format(host=BINDING_HOST, pem=older.pem, key=older.key))
        hosts.append(COMPONENT.format(host=COMPONENT_HOST, secret=COMPONENT_SECRET))
        hosts.append(FILES.format(host=GOOD_HOST, port=self.https_port, limit=FILE_LIMIT))
        hosts.append(MUC.format(rooms=ROOMS, pem=good.pem, key=good.key))
        with open(self.config, "w") as out:
            out.write(CONFIG.format(base=self.folder, port=self.port, tls_port=self.tls_port,
                                    component_port=self.component_port, pem=good.pem,
                                    key=good.key, https_port=self.https_port,
                                    files_pem=files.pem, files_key=files.key) + "\n".join(hosts))

    def _store(self, kind, jid, table):
        user, host = jid.split("@")
        place = os.path.join(self.folder, "data", host.replace(".", "%2e"), kind)
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"{user}.dat"), "w") as out:
            out.write(f"return {_lua(table)};\n")

    def add_user(self, jid, password):
        """Only before start(), as the two below."""
        self._store("accounts", jid, {"password": password})

    def set_roster(self, jid, contacts):
        """contacts: JID → name; every one with subscription both ways."""
        table = {False: {"version": 1, "pending": {}}}
        for contact, name in contacts.items():
            table[contact] = {"subscription": "both", "groups": {"Lab": True}, "name": name}
        self._store("roster", jid, table)

    def set_vcard(self, jid, xml):
        self._store("vcard", jid, _stanza(ElementTree.fromstring(xml), ""))

    def forget_archive(self, jid):
        """What was said to and by that address is in no archive any more."""
        user, host = jid.split("@")
        place = os.path.join(self.folder, "data", host.replace(".", "%2e"))
        for kind in ("archive", "offline"):
            for old in glob.glob(os.path.join(place, kind, f"{user}.l*")):
                os.remove(old)

    def start(self):
        self.process = Process("prosody", ["prosody", "--config", self.config, "-F"],
                               os.path.join(self.folder, "prosody.out"), cwd=self.folder).start()
        return self

    def ready(self):
        self.process.ready(lambda: ports.accepts(self.port) and ports.accepts(self.tls_port))
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            self.process.stop(signum)

    def has_seen(self, jid):
        """Whether somebody logged in as that."""
        return f"Authenticated as {jid}" in self.log_text()

    def archived_ids(self, jid):
        """The ids that clients gave (XEP-0359), of all that the archive of that address holds."""
        user, host = jid.split("@")
        with open(os.path.join(self.folder, "data", host.replace(".", "%2e"), "archive",
                               f"{user}.list"), errors="replace") as archive:
            found = re.findall(r'\["id"\] = "([0-9a-f-]{36})";\s*\["xmlns"\] = "urn:xmpp:sid:0"|'
                               r'\["xmlns"\] = "urn:xmpp:sid:0";\s*\["id"\] = "([0-9a-f-]{36})"',
                               archive.read())
        return [one or two for one, two in found]

    def log_text(self):
        with open(self.log, errors="replace") as log:
            return log.read()
