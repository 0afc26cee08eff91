# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching an idle daemon: for a test, and by itself as `make bench-idle`."""

import threading
import time

from lab import inner
from lab.meter import context_switches, memory
from lab.world import IDLER, World


class IdleWatch:
    """A daemon of its own, connected and registered, whose wake-ups are counted for some time.

    It belongs to erin, who has no contacts: what others do meanwhile does not reach her.
    """

    seconds = 30
    settle = 2

    def __init__(self, world):
        self.person = world.person(IDLER, "c").ready()
        self.person.start_daemon(arguments=())
        world.set_up(self.person)
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self):
        pid = self.person.daemon.pid
        time.sleep(self.settle)
        before = context_switches(pid)
        time.sleep(self.seconds)
        after = context_switches(pid)
        self.switches = {f"{name} {thread}": count - before.get(thread, (name, 0))[1]
                         for thread, (name, count) in after.items()}

    def join(self):
        """The wake-ups of each thread within the time of the watch."""
        self._thread.join(self.seconds + self.settle + 5)
        return self.switches


def main():
    with World() as world:
        watch = IdleWatch(world)
        print(f"one chat and one telephony account online, watched for {watch.seconds} s ...",
              flush=True)
        switches = watch.join()
        resident, private = memory(watch.person.daemon.pid)
        for thread, count in switches.items():
            print(f"  wake-ups of {thread:<24} {count}")
        total = sum(switches.values())
        print(f"wake-ups        {total} in {watch.seconds} s, {total / watch.seconds:.2f} a second")
        print(f"resident        {resident:.1f} MiB")
        print(f"private memory  {private:.1f} MiB")
    return 0


if __name__ == "__main__":
    inner.run(main)
