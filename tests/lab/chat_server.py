# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's chat servers have in common: the limits and names that tests rely on, and the log of
what clients ask."""

import os
import re

FILE_LIMIT = 1024 * 1024
COMPONENT_HOST, COMPONENT_SECRET = "rogue.test", "known to everybody"


class ChatServer:
    """self.log is the file in which the server has lines that begin with "lab:"."""

    # Whether contacts hear when an item or a node is taken away (XEP-0060 §7.2.2, §8.4.2).
    TELLS_RETRACTIONS = True
    # Whether its archive survives kill -9, and the order of messages a stream that is resumed.
    EXACT = True

    def wait_known(self):
        """Until the server knows what a cusaxd wants to be told of: most catch up by themselves."""

    def mark(self):
        """A position in the log, for vcards_asked()."""
        return os.path.getsize(self.log)

    def vcards_asked(self, since=0, kind="vcard"):
        """The bare JIDs whose vCard was asked for since a mark(), as often as it was. kind: "vcard"
        (XEP-0054) or "vcard4" (XEP-0292)."""
        return re.findall(rf"lab: {kind} of (\S+)", self._logged(since))

    def client_states(self, jid, since=0):
        """"active" and "inactive" in the order in which a person's clients said so."""
        return re.findall(rf"lab: {re.escape(jid)}/\S+ is (\w+)", self._logged(since))

    def _logged(self, since):
        with open(self.log, errors="replace") as log:
            log.seek(since)
            return log.read()
