"""A guest: QEMU with a disk of its own, asked and cut off from power by the tests. It can reach this host alone."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from .channel import Channel, GuestGone

QEMU = "qemu-system-x86_64"
BOOT_LIMIT_S = 300  # 15 to 40 s on an idle machine; a loaded one must not fail a test
_BOOTS_TRIED = 3
HOST = "10.0.2.2"  # the host's loopback, as QEMU's user network shows it
_ARGUMENTS = (
    "console=ttyS0 root=/dev/vda rw panic=-1 mitigations=off random.trust_cpu=on quiet loglevel=3 "
    "systemd.show_status=false systemd.log_level=notice audit=0 net.ifnames=0"
)


class Guest:
    """Run one guest from a copy of the image's disk; it may be cut off and booted again any number of times."""

    def __init__(self, image, folder, delivery):
        self.image = image
        self.folder = Path(folder)
        self.disk = self.folder / "disk"
        self.delivery = delivery  # a read-only disk with what is to be installed
        self.console = self.folder / "console"
        self._qemu = None
        self._channel = None
        subprocess.run(["cp", "--sparse=always", image.disk, self.disk], check=True)

    def boot(self, rtc="utc"):
        """Switch the power on and return when commands can be given; `rtc` is the clock's start, e.g. 2020-01-01.

        An emulated kernel panics or stands still now and then in its first seconds; then it is switched on again.
        """
        for _ in range(_BOOTS_TRIED):
            began_s = time.monotonic()
            self._channel = Channel(self._power_on(rtc))
            try:
                self._channel.wait_until_up(BOOT_LIMIT_S)
            except (GuestGone, TimeoutError) as error:
                print(f"the guest did not come up in {time.monotonic() - began_s:.0f} s: {error}")
                self.cut_power()
            else:
                return self
        raise AssertionError(f"the guest did not come up {_BOOTS_TRIED} times: {self.last_words()}")

    def _power_on(self, rtc):
        """Start QEMU and return the socket by which commands are given."""
        commands, monitor = self.folder / "commands", self.folder / "monitor"
        for path in (commands, monitor):
            path.unlink(missing_ok=True)
        command = [QEMU, "-nodefaults", "-display", "none", "-M", "q35", "-accel", "tcg", "-cpu", "max"]
        command += ["-smp", "1", "-m", "640", "-no-reboot", "-rtc", f"base={rtc}"]
        command += ["-kernel", str(self.image.kernel), "-initrd", str(self.image.initramfs), "-append", _ARGUMENTS]
        command += ["-drive", f"file={self.disk},format=raw,if=none,id=card,cache=writeback"]
        command += ["-device", "virtio-blk-pci,drive=card"]
        command += ["-drive", f"file={self.delivery},format=raw,if=none,id=delivery,readonly=on"]
        command += ["-device", "virtio-blk-pci,drive=delivery"]
        command += ["-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net,id=plug,romfile="]
        command += ["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"]
        command += ["-chardev", f"socket,id=commands,path={commands},server=on,wait=off"]
        command += ["-device", "virtserialport,chardev=commands,name=commands"]
        command += ["-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console"]
        command += ["-qmp", f"unix:{monitor},server=on,wait=off"]
        with (self.folder / "qemu.log").open("ab") as log:
            self._qemu = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return commands

    def cut_power(self):
        """Switch the power off in the middle of whatever it does: what it had not written is gone."""
        if self._qemu is not None:
            self._qemu.send_signal(signal.SIGKILL)
            self._qemu.wait(30)
            self._qemu = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def shut_down(self):
        """End in good order, so that everything is on the disk."""
        self._channel.run("sync; systemctl poweroff --no-block")
        self._qemu.wait(180)
        self._qemu = None
        self._channel.close()

    def sh(self, script, limit_s=120):
        """Run a bash script as root and return its output; a script that fails is an error of the test."""
        code, out, err = self._channel.run(script, limit_s)
        assert code == 0, f"{script!r} ended with {code}:\n{out[-3000:]}\n{err[-3000:]}"
        return out

    def ask(self, script, limit_s=120):
        """Run a bash script as root and return exit code, output and errors."""
        return self._channel.run(script, limit_s)

    def write(self, path, text, mode=0o644):
        """Write a file in the guest."""
        self._channel.write(path, text.encode() if isinstance(text, str) else text, mode)

    def wait_for(self, script, limit_s=120):
        """Wait until a script succeeds in the guest."""
        told = self.ask(
            f"for _ in $(seq {limit_s * 2}); do if {script}; then exit 0; fi; sleep 0.5; done; exit 1", limit_s * 3
        )
        assert told[0] == 0, f"not so within {limit_s} s: {script}\n{told}\n{self.journal()}"

    def journal(self, lines=40):
        """Return the last lines of the service's journal."""
        return self.ask(f"journalctl -u pushglance -n {lines} --no-pager -o short-monotonic")[1]

    def plug(self, *, is_in):
        """Plug the network cable in, or pull it."""
        self._monitor("set_link", name="plug", up=is_in)

    def _monitor(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(30)
            monitor.connect(str(self.folder / "monitor"))
            lines = monitor.makefile("rw")
            lines.readline()  # the greeting
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                lines.write(json.dumps(request) + "\n")
                lines.flush()
                while True:
                    answer = json.loads(lines.readline())
                    assert "error" not in answer, answer
                    if "return" in answer:
                        break

    def last_words(self):
        """Return the end of the console and of QEMU's own log."""
        told = [
            path.read_text(errors="replace")[-2000:]
            for path in (self.console, self.folder / "qemu.log")
            if path.exists()
        ]
        return "\n".join(told)

    def close(self):
        """Switch it off and forget its disk."""
        self.cut_power()
        self.disk.unlink(missing_ok=True)


def why_no_qemu():
    """Return why no guest can run here, or nothing."""
    return "" if shutil.which(QEMU) else f"{QEMU} cannot be found"


def is_wanted():
    """Tell whether scripts/test-system asks for the tests that need a guest."""
    return bool(os.environ.get("PUSHGLANCE_SYSTEM"))
