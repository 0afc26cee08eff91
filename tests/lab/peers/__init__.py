# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs at the other end that are not ours: slixmpp, baresip, SIPp."""
