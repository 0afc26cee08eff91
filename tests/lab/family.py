# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses telephony has in the lab: those of IPv4, or with LAB_FAMILY=6 of IPv6 alone."""

import os

SIX = os.environ.get("LAB_FAMILY") == "6"
HOST = "::1" if SIX else "127.0.0.1"
# as it stands in a URI, or before a port
LITERAL = "[::1]" if SIX else HOST
