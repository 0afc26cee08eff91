# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: real servers, two persons and foreign peers, private and on loopback.

`enter` makes the temporary folder and the ordinary user everything runs as; `world` brings the
servers up; `person` is one person's desktop session with its daemon; `events` is the one ordered
queue that tests wait on; `peers` are the programs at the other end that are not ours.
"""
