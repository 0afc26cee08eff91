# SPDX-License-Identifier: GPL-3.0-or-later
"""ejabberd: a second XMPP server, of other people's making, with the duties of lab.prosody.Prosody.

The Erlang machine is started directly: no node name, so no port mapper and no ejabberdctl. Accounts,
rosters and vCards go in through scripts that it evaluates while it runs, one of which logs each
question for a vCard.
"""

import glob
import os
import re
import secrets
import signal
import socket

from lab import ports
from lab.chat_server import COMPONENT_HOST, COMPONENT_SECRET, FILE_LIMIT, ChatServer
from lab.process import LabError, Process, until

HOST = "ejabberd.test"
CONFIG = """
hosts: ["{host}"]
loglevel: info
certfiles: ["{both}", "{files}"]
ca_file: "{ca}"
auth_password_format: scram
auth_scram_hash: sha256
# a test logs in more often than a person would
shaper: {{normal: {{rate: 10000000, burst_size: 10000000}}}}
shaper_rules: {{c2s_shaper: normal}}
listen:
  -
    port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls_required: true
  -
    port: {port}
    ip: "::1"
    module: ejabberd_c2s
    starttls_required: true
  -
    port: {tls_port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    tls: true
  -
    port: {https_port}
    ip: "127.0.0.1"
    module: ejabberd_http
    tls: true
    request_handlers:
      /upload: mod_http_upload
  -
    port: {component_port}
    ip: "127.0.0.1"
    module: ejabberd_service
    hosts: {{{component}: {{password: "{component_secret}"}}}}
modules:
  mod_http_upload:
    docroot: "{folder}/files"
    put_url: "https://localhost:{https_port}/upload"
    max_size: {limit}
    access: all
  mod_roster: {{versioning: true}}
  mod_disco: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_mam: {{default: always}}
  mod_stream_mgmt: {{resume_timeout: 5}}
  mod_client_state: {{}}
  mod_ping: {{}}
  mod_last: {{}}
  mod_privacy: {{}}
  mod_blocking: {{}}
  mod_vcard: {{search: false}}
  mod_offline: {{}}
  mod_pubsub: {{plugins: ["flat", "pep"]}}
  mod_private: {{}}
  mod_stun_disco:
    access: all
    secret: "{secret}"
    services:
      - {{host: 127.0.0.1, port: 3478, type: stun, transport: udp, restricted: false}}
      - {{host: 127.0.0.1, port: 3478, type: turn, transport: udp, restricted: true}}
  mod_muc:
    hosts: ["{rooms}"]
    default_room_options: {{anonymous: false, mam: true}}
"""
# Evaluates the script whose name is written to the port, and answers how that went.
EVALUATE = """
{{ok, Listener}} = gen_tcp:listen({port}, [{{ip, {{127, 0, 0, 1}}}}, {{packet, line}}, {{active, false}},
                                         {{reuseaddr, true}}]),
(fun Serve() ->
  {{ok, Link}} = gen_tcp:accept(Listener),
  case gen_tcp:recv(Link, 0) of
    {{ok, Line}} -> gen_tcp:send(Link, io_lib:format("~p", [file:eval(string:trim(Line))]));
    _ -> ok
  end,
  gen_tcp:close(Link),
  Serve()
end)().
"""
# Asked of every packet of the host's users: is it a question for a vCard, does the client look?
WATCH = """
{{ok, Log}} = file:open("{log}", [append]).
Vcard = fun({{Packet, State}}) ->
  case (catch xmpp:encode(Packet)) of
    {{xmlel, <<"iq">>, Attributes, Children}} ->
      Own = proplists:get_value(<<"to">>, Attributes, <<"nil">>),
      case {{proplists:get_value(<<"type">>, Attributes), Children}} of
        {{<<"get">>, [{{xmlel, <<"vCard">>, _, _}} | _]}} ->
          file:write(Log, [<<"lab: vcard of ">>, Own, <<"\\n">>]);
        {{<<"get">>, [{{xmlel, <<"pubsub">>, _,
            [{{xmlel, <<"items">>, Items, _}} | _]}} | _]}} ->
          case proplists:get_value(<<"node">>, Items) of
            <<"urn:xmpp:vcard4">> -> file:write(Log, [<<"lab: vcard4 of ">>, Own, <<"\\n">>]);
            _ -> ok
          end;
        _ -> ok
      end;
    _ -> ok
  end,
  {{Packet, State}}
end.
ejabberd_hooks:add(user_send_packet, <<"{host}">>, Vcard, 1).
Csi = fun(State, Packet) ->
  case {{State, Packet}} of
    {{#{{jid := Jid}}, {{csi, Type}}}} ->
      file:write(Log, io_lib:format("lab: ~s is ~s~n", [jid:encode(Jid), Type]));
    _ -> ok
  end,
  State
end.
ejabberd_hooks:add(c2s_authenticated_packet, <<"{host}">>, Csi, 1).
"""


def _binary(text):
    return "<<" + ",".join(str(byte) for byte in text.encode()) + ">>"


class Ejabberd(ChatServer):
    TELLS_RETRACTIONS = EXACT = False

    def __init__(self, folder, certificates, host=HOST):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.certificates, self.host = folder, certificates, host
        (self.port, self.tls_port, self.https_port, self.component_port,
         self.script_port) = (ports.free_port() for _ in range(5))
        self.rooms = f"rooms.{host}"
        self.turn_secret = secrets.token_hex(16)
        self.config = os.path.join(folder, "ejabberd.yml")
        self.log = os.path.join(folder, "vcards.log")
        self.pem = certificates.good(host).pem
        self.process = None
        self._lines, self._serves = [], False
        with open(self.log, "w"):
            pass
        with open(self.config, "w") as out:
            out.write(CONFIG.format(
                host=host, both=certificates.good(host).both, ca=certificates.trusted.pem,
                files=certificates.good("localhost").both, port=self.port, tls_port=self.tls_port,
                https_port=self.https_port, component_port=self.component_port, folder=folder,
                limit=FILE_LIMIT, component=COMPONENT_HOST,
                component_secret=COMPONENT_SECRET, secret=self.turn_secret, rooms=self.rooms))

    def add_user(self, jid, password):
        user, host = jid.split("@")
        self._evaluate(f"ejabberd_auth:try_register({_binary(user)}, {_binary(host)}, "
                       f"{_binary(password)}).")

    def set_roster(self, jid, contacts):
        """contacts: JID → name; every one with subscription both ways."""
        user, host = (_binary(part) for part in jid.split("@"))
        rows = ",\n".join(
            f"{{{{{', '.join(map(_binary, contact.split('@')))}, <<>>}}, {_binary(name)}}}"
            for contact, name in contacts.items())
        self._evaluate(
            f"[mnesia:dirty_write({{roster, {{{user}, {host}, Jid}}, {{{user}, {host}}}, Jid, Name, "
            f'both, none, [<<"Lab">>], <<>>, []}}) || {{Jid, Name}} <- [{rows}]].')

    def set_vcard(self, jid, xml):
        user, host = jid.split("@")
        self._evaluate(f"mod_vcard:set_vcard({_binary(user)}, {_binary(host)}, "
                       f"fxml_stream:parse_element({_binary(xml)})).")

    def forget_archive(self, jid):
        """What was said to and by that address is in no archive any more."""
        user, host = (_binary(part) for part in jid.split("@"))
        self._evaluate(f"mod_mam:remove_mam_for_user({user}, {host}).",
                       f"mod_offline:remove_user({user}, {host}).")

    def start(self):
        ebin = glob.glob("/usr/lib/*/ejabberd-*/ebin")
        if not ebin:
            raise LabError("ejabberd is not installed")
        self.process = Process(
            "ejabberd", ["erl", "-noinput", "-pa", *ebin, "-mnesia", "dir",
                         f'"{self.folder}/mnesia"', "-ejabberd", "config", f'"{self.config}"',
                         "log_path", f'"{self.folder}/ejabberd.log"', "-s", "ejabberd", "-eval",
                         EVALUATE.format(port=self.script_port)],
            os.path.join(self.folder, "ejabberd.out"), cwd=self.folder,
            env={"HOME": self.folder, "ERL_CRASH_DUMP": "/dev/null"}).start()
        return self

    def ready(self):
        self.process.ready(lambda: ports.accepts(self.script_port) and ports.accepts(self.port), 30)
        lines, self._lines, self._serves = self._lines, [], True
        self._evaluate(WATCH.format(host=self.host, log=self.log), *lines)
        return self

    def _evaluate(self, *lines):
        """Erlang expressions, each with its full stop; at once, or when the server is ready."""
        if not self._serves:
            self._lines += lines
            return
        script = os.path.join(self.folder, "script.erl")
        with open(script, "w") as out:
            out.write("\n".join(lines) + "\n")
        with socket.create_connection(("127.0.0.1", self.script_port), 30) as link:
            link.sendall(script.encode() + b"\n")
            answer = link.makefile().read()
        if answer != "ok":
            raise LabError(f"ejabberd does not take {script}: {answer}")

    def stop(self, signum=signal.SIGTERM):
        self._serves = False
        if self.process:
            self.process.stop(signum, patience=1)

    def wait_known(self):
        """As Prosody.wait_known(): it asks after the login, and tells nothing until it knows."""
        def known():
            try:
                self._evaluate('[_ | _] = [Ver || {<<"https://cusax.org/cusaxd">>, Ver} <- '
                               'mnesia:dirty_all_keys(caps_features)].')
            except LabError:
                return False
            return True
        until(known, 5, "ejabberd knows what cusaxd wants to hear", every=0.05)

    def has_seen(self, jid):
        """As Prosody.has_seen()."""
        with open(os.path.join(self.folder, "ejabberd.log"), errors="replace") as log:
            return f"authentication for {jid}" in log.read()

    def archived_ids(self, jid):
        """As Prosody.archived_ids()."""
        user, host = (_binary(part) for part in jid.split("@"))
        path = os.path.join(self.folder, "archive.xml")
        self._evaluate(
            f'{{ok, Out}} = file:open("{path}", [write, raw]).',
            "[file:write(Out, fxml:element_to_binary(element(7, Row))) || "
            f"Row <- mnesia:dirty_read(archive_msg, {{{user}, {host}}})].", "file:close(Out).")
        with open(path, errors="replace") as archive:
            return re.findall(r"<origin-id[^>]* id='([^']*)'", archive.read())
