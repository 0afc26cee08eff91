# SPDX-License-Identifier: GPL-3.0-or-later
"""Kamailio: the lab's SIP registrar and proxy: UDP, TCP and TLS on loopback, digest for everyone.

Besides the good TLS port there is one port for each certificate that a client must refuse. Every
request it handles is logged as a line "lab: METHOD ...", which tests read.
"""

import os
import re
import signal
import subprocess

from lab import ca, family, ports
from lab.process import Process, until

DOMAIN = "sip.test"
MODULES = ("pv tm tmx sl rr maxfwd textops siputils usrloc registrar htable auth tls nathelper "
           "xlog ctl kex corex outbound stun").split()

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
{listeners}
alias="{domain}"
enable_tls=yes
tcp_connection_lifetime=3600
mpath="{mpath}"
{modules}
modparam("ctl", "binrpc", "unix:{ctl}")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 5)
modparam("registrar", "outbound_mode", 1)
modparam("nathelper|registrar", "received_avp", "$avp(RCV)")
modparam("htable", "htable", "pw=>size=6;")
modparam("tls", "config", "{tls}")
event_route[htable:mod-init] {{ {users} }}
request_route {{
  xlog("L_ERR", "lab: $rm from=$fu to=$tu ruri=$ru "
    "proto=$proto expires=$hdr(Expires) contact=$ct "
    "callinfo=$hdr(Call-Info) reason=$hdr(Reason)\\n");
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{
      force_rport(); add_local_rport(); if (!is_method("ACK|BYE")) set_contact_alias();
      if ($du == $null) handle_ruri_alias();
      t_on_reply("R"); t_relay(); exit;
    }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here"); exit;
  }}
  force_rport(); add_local_rport();
  if ($Rp == {trunk}) {{
    record_route(); t_on_reply("R");
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay(); exit;
  }}
  remove_hf("P-Asserted-Identity");
  if (is_method("REGISTER") || from_uri == myself) {{
    if (!pv_www_authenticate("{domain}", "$sht(pw=>$au)", "0")) {{
      www_challenge("{domain}", "1"); exit;
    }}
    if (is_method("INVITE")) append_hf("P-Asserted-Identity: <sip:$au@{domain}>\\r\\n");
    if (!is_method("REGISTER")) consume_credentials();
  }}
  if (is_method("REGISTER")) {{
    fix_nated_register(); if (!save("location")) sl_reply_error(); exit;
  }}
  record_route(); set_contact_alias(); t_on_reply("R");
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  t_relay();
}}
onreply_route[R] {{ set_contact_alias(); }}
"""
PROFILE = """[{name}]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
"""


def _module_path():
    listing = subprocess.run(["dpkg", "-L", "kamailio"], capture_output=True, text=True).stdout
    return os.path.dirname(next(line for line in listing.splitlines() if line.endswith("/tm.so")))


class Kamailio:
    """`port` serves UDP and TCP, `tls_port` TLS, `faulty_ports[kind]` TLS that must be refused.

    Of its own users it asserts who logged in, whatever From says. At `trunk_port` (UDP) another
    provider hands calls over: nobody is asked for a password, and headers pass as they are.
    """

    def __init__(self, folder, certificates, passwords, hosts=()):
        """hosts: more addresses of this machine to listen at."""
        os.makedirs(folder, exist_ok=True)
        self.folder, self.passwords = folder, passwords
        self.port, self.tls_port = ports.free_port(), ports.free_port()
        self.trunk_port = ports.free_port()
        self.faulty_ports = {kind: ports.free_port() for kind in ca.Certificates.FAULTS}
        self.ctl = os.path.join(folder, "ctl")
        self.config = os.path.join(folder, "kamailio.cfg")
        self.log = os.path.join(folder, "kamailio.log")
        self.process = None
        self._faulty = {}
        self._configure(certificates, hosts)

    def certificate_at(self, fault):
        """The certificate of a faulty port."""
        return self._faulty[fault]

    def _configure(self, certificates, hosts):
        tls = os.path.join(self.folder, "tls.cfg")
        listeners = [f"udp:127.0.0.1:{self.port}", f"tcp:127.0.0.1:{self.port}",
                     f"tls:127.0.0.1:{self.tls_port}", f"udp:127.0.0.1:{self.trunk_port}",
                     f"udp:[::1]:{self.port}", f"tcp:[::1]:{self.port}",
                     f"tls:[::1]:{self.tls_port}"]
        for host in hosts:
            listeners += [f"udp:{host}:{self.port}", f"tcp:{host}:{self.port}",
                          f"tls:{host}:{self.tls_port}"]
        good = certificates.good(DOMAIN)
        with open(tls, "w") as out:
            for name in ("server:default", "client:default"):
                out.write(PROFILE.format(name=name))
                out.write(f"private_key = {good.key}\ncertificate = {good.pem}\n\n")
            for kind, port in self.faulty_ports.items():
                bad = self._faulty[kind] = certificates.faulty(kind, DOMAIN)
                listeners.append(f"tls:127.0.0.1:{port}")
                out.write(PROFILE.format(name=f"server:127.0.0.1:{port}"))
                out.write(f"private_key = {bad.key}\ncertificate = {bad.pem}\n\n")
        with open(self.config, "w") as out:
            out.write(CONFIG.format(
                domain=DOMAIN, trunk=self.trunk_port, mpath=_module_path(), ctl=self.ctl, tls=tls,
                listeners="\n".join(f"listen={where}" for where in listeners),
                modules="\n".join(f'loadmodule "{name}.so"' for name in MODULES),
                users=" ".join(f'$sht(pw=>{user})="{password}";'
                               for user, password in self.passwords.items())))
        os.chmod(self.config, 0o600)

    def start(self):
        self.process = Process(
            "kamailio", ["kamailio", "-DD", "-E", "-m", "256", "-M", "4", "-f", self.config,
                         "-P", os.path.join(self.folder, "pid"), "-Y", self.folder],
            self.log, cwd=self.folder).start()
        return self

    def ready(self):
        self.process.ready(lambda: ports.accepts(self.port) and ports.accepts(self.tls_port))
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            # it keeps nothing worth waiting for
            self.process.stop(signum, patience=0.7)

    def proxy(self, transport="tls", fault=None, host=None):
        """This proxy as an account's setting; with a fault, the port with that certificate."""
        # a certificate that must be refused is shown by IPv4 alone
        host = host or ("127.0.0.1" if fault else family.LITERAL)
        port = self.faulty_ports[fault] if fault else \
            self.tls_port if transport == "tls" else self.port
        return f"sip:{host}:{port};transport={transport}"

    def registered(self, user):
        """The contact URIs that are registered for a user."""
        answer = subprocess.run(["kamcmd", "-s", f"unix:{self.ctl}", "ul.lookup", "location", user],
                                capture_output=True, text=True, timeout=5).stdout
        return re.findall(r"Address: (\S+)", answer)

    def forget(self, user):
        """Drops all bindings of a user, such as those of connections that were cut."""
        subprocess.run(["kamcmd", "-s", f"unix:{self.ctl}", "ul.rm", "location", user],
                       capture_output=True, timeout=5, check=False)

    def wait_registered(self, user, timeout=10):
        return until(lambda: self.registered(user), timeout, f"{user} registers", every=0.05)

    def wait_gone(self, user, timeout=5):
        until(lambda: not self.registered(user), timeout, f"{user} un-registers", every=0.05)

    def mark(self):
        """A position in the request log, for requests()."""
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0

    def requests(self, method=None, since=0):
        """The logged requests since a mark(), oldest first: dicts of what the line says."""
        with open(self.log, errors="replace") as log:
            log.seek(since)
            lines = re.findall(r"lab: (\w+) (.*)", log.read())
        found = []
        for name, rest in lines:
            if method in (None, name):
                keys = re.split(r" ?\b(from|to|ruri|proto|expires|contact|callinfo|reason)=", rest)
                found.append({"method": name, **dict(zip(keys[1::2], keys[2::2]))})
        return found
