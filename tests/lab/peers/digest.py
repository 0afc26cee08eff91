# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of a peer to a digest challenge (RFC 2617, with qop=auth)."""

import hashlib
import re
import secrets


def _md5(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


def authorization(user, password, method, uri, challenge):
    """A whole header line, without its end; challenge: the value of WWW-Authenticate."""
    facts = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    fresh = secrets.token_hex(8)
    proof = _md5(_md5(user, facts["realm"], password), facts["nonce"], "00000001", fresh, "auth",
                 _md5(method, uri))
    return (f'Authorization: Digest username="{user}", realm="{facts["realm"]}", '
            f'nonce="{facts["nonce"]}", uri="{uri}", response="{proof}", algorithm=MD5, qop=auth, '
            f'nc=00000001, cnonce="{fresh}"')
