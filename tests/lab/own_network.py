# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of its own for one program of the lab: addresses can come and go in it.

It is a name space of the kernel's, which an ordinary user may make where the machine lets him.
"""

import subprocess
import sys

ENTER = ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"]
IP = "/usr/sbin/ip"


def why_not():
    """Why there can be none on this machine; None: there can."""
    tried = subprocess.run([*ENTER, IP, "link", "set", "lo", "up"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no network of our own: {tried.stderr.strip()}"


def run(module, *arguments, timeout):
    """Runs a module of the lab there; a CompletedProcess with text."""
    return subprocess.run([*ENTER, sys.executable, "-m", module, *arguments], text=True,
                          capture_output=True, timeout=timeout)


def ip(*words):
    subprocess.run([IP, *words], check=True)


def up(*addresses):
    """In there, once: the machine itself, and addresses that stay."""
    ip("link", "set", "lo", "up")
    for address in addresses:
        ip("address", "add", f"{address}/32", "dev", "lo")


def move(host, new, old=None):
    """Whoever goes to that host has this address from now on; the old one is gone."""
    ip("address", "add", f"{new}/32", "dev", "lo")
    ip("route", "change", "local", host, "dev", "lo", "table", "local", "proto", "kernel", "scope",
       "host", "src", new)
    # what the programs that watch the network see
    ip("route", "replace", "192.0.2.0/24", "dev", "lo", "src", new)
    if old:
        ip("address", "del", f"{old}/32", "dev", "lo")
