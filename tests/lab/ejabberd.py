# SPDX-License-Identifier: GPL-3.0-or-later
"""ejabberd: a second XMPP server, of other people's making, for the chat test.

The Erlang machine is started directly: no node name, so no port mapper and no ejabberdctl.
"""

import glob
import os
import signal

from lab import ports
from lab.process import LabError, Process

HOST = "ejabberd.test"
ROOMS = f"conference.{HOST}"
CONFIG = """
hosts: ["{host}"]
loglevel: info
certfiles: ["{both}", "{files}"]
ca_file: "{ca}"
auth_password_format: scram
auth_scram_hash: sha256
listen:
  -
    port: {port}
    ip: "127.0.0.1"
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
modules:
  mod_http_upload:
    docroot: "{folder}/files"
    put_url: "https://localhost:{https_port}/upload"
    max_size: 1048576
    access: all
  mod_roster: {{versioning: true}}
  mod_disco: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_mam: {{default: always}}
  mod_stream_mgmt: {{}}
  mod_client_state: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_blocking: {{}}
  mod_vcard: {{search: false}}
  mod_offline: {{}}
  mod_pubsub: {{plugins: ["flat", "pep"]}}
  mod_private: {{}}
  mod_muc:
    default_room_options: {{anonymous: false, mam: true}}
"""


class Ejabberd:
    def __init__(self, folder, certificates, passwords):
        """passwords: user → password at ejabberd.test."""
        os.makedirs(folder, exist_ok=True)
        self.folder, self.passwords = folder, passwords
        self.port, self.tls_port = ports.free_port(), ports.free_port()
        self.https_port = ports.free_port()
        self.config = os.path.join(folder, "ejabberd.yml")
        self.process = None
        with open(self.config, "w") as out:
            out.write(CONFIG.format(host=HOST, both=certificates.good(HOST).both,
                                    ca=certificates.trusted.pem, port=self.port,
                                    tls_port=self.tls_port, folder=folder,
                                    https_port=self.https_port,
                                    files=certificates.good("localhost").both))

    def start(self):
        ebin = glob.glob("/usr/lib/*/ejabberd-*/ebin")
        if not ebin:
            raise LabError("ejabberd is not installed")
        register = " ".join(f'ok=ejabberd_auth:try_register(<<"{user}">>,<<"{HOST}">>,'
                            f'<<"{password}">>),' for user, password in self.passwords.items())
        done = os.path.join(self.folder, "registered")
        self.process = Process(
            "ejabberd", ["erl", "-noinput", "-pa", *ebin, "-mnesia", "dir",
                         f'"{self.folder}/mnesia"', "-ejabberd", "config", f'"{self.config}"',
                         "log_path", f'"{self.folder}/ejabberd.log"', "-s", "ejabberd", "-eval",
                         f'{register} file:write_file("{done}", <<"ok">>).'],
            os.path.join(self.folder, "ejabberd.out"), cwd=self.folder,
            env={"HOME": self.folder, "ERL_CRASH_DUMP": "/dev/null"}).start()
        self._done = done
        return self

    def ready(self):
        self.process.ready(lambda: os.path.exists(self._done) and ports.accepts(self.port), 20)
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            self.process.stop(signum, patience=1)
