"""A virtual machine in QEMU that tests command and cut off from power. Its network reaches only this host."""

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
BOOT_TIMEOUT_S = 300  # 15 to 40 s on an idle machine; a test must not fail on a loaded one
_BOOT_ATTEMPTS = 3
HOST = "10.0.2.2"  # the host's loopback, as QEMU's user network shows it
_ARGUMENTS = (
    "console=ttyS0 root=/dev/vda rw panic=-1 mitigations=off random.trust_cpu=on quiet loglevel=3 "
    "systemd.show_status=false systemd.log_level=notice audit=0 net.ifnames=0"
)


class Guest:
    """One guest on a copy of the image's disk; it can be cut off and booted again any number of times."""

    def __init__(self, image, folder, delivery):
        self.image = image
        self.folder = Path(folder)
        self.disk = self.folder / "disk"
        self.delivery = delivery  # a read-only disk, see delivery.py
        self.console = self.folder / "console"
        self._qemu = None
        self._channel = None
        subprocess.run(["cp", "--sparse=always", image.disk, self.disk], check=True)

    def boot(self, rtc="utc"):
        """Switch the power on, wait until the guest accepts commands, and return self.

        `rtc` is the start of the hardware clock, e.g. 2020-01-01T00:00:00. An emulated kernel sometimes panics or hangs
        in its first seconds; then it is switched on again.
        """
        for _ in range(_BOOT_ATTEMPTS):
            began_s = time.monotonic()
            self._channel = Channel(self._power_on(rtc))
            try:
                self._channel.wait_until_up(BOOT_TIMEOUT_S)
            except (GuestGone, TimeoutError) as error:
                print(f"the guest did not come up in {time.monotonic() - began_s:.0f} s: {error}")
                self.cut_power()
            else:
                return self
        raise AssertionError(f"the guest did not come up {_BOOT_ATTEMPTS} times: {self.logs()}")

    def _power_on(self, rtc):
        """Start QEMU and return the path of the socket for commands."""
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
        """Kill QEMU: what the guest has not written to the disk is lost, as in a power cut."""
        if self._qemu is not None:
            self._qemu.send_signal(signal.SIGKILL)
            self._qemu.wait(30)
            self._qemu = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def shut_down(self):
        """Shut the guest down, so that everything is on the disk."""
        self._channel.run("sync; systemctl poweroff --no-block")
        self._qemu.wait(180)
        self._qemu = None
        self._channel.close()

    def check_output(self, script, timeout_s=120):
        """Run a bash script as root and return its stdout; fail the test if the script fails."""
        code, out, err = self._channel.run(script, timeout_s)
        assert code == 0, f"{script!r} ended with {code}:\n{out[-3000:]}\n{err[-3000:]}"
        return out

    def run(self, script, timeout_s=120):
        """Run a bash script as root and return exit code, stdout and stderr."""
        return self._channel.run(script, timeout_s)

    def write(self, path, text, mode=0o644):
        """Write a file in the guest."""
        self._channel.write(path, text.encode() if isinstance(text, str) else text, mode)

    def wait_for(self, script, timeout_s=120):
        """Wait until a script succeeds in the guest."""
        ended = self.run(
            f"for _ in $(seq {timeout_s * 2}); do if {script}; then exit 0; fi; sleep 0.5; done; exit 1", timeout_s * 3
        )
        assert ended[0] == 0, f"failed for {timeout_s} s: {script}\n{ended}\n{self.journal()}"

    def journal(self, lines=40):
        """Return the last lines of the service's journal."""
        return self.run(f"journalctl -u pushglance -n {lines} --no-pager -o short-monotonic")[1]

    def set_network(self, *, is_connected):
        """Connect or disconnect the network cable."""
        self._monitor("set_link", name="plug", up=is_connected)

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

    def logs(self):
        """Return the end of the console and of QEMU's log."""
        paths = [path for path in (self.console, self.folder / "qemu.log") if path.exists()]
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in paths)

    def close(self):
        """Switch the guest off and delete its disk."""
        self.cut_power()
        self.disk.unlink(missing_ok=True)


def qemu_error():
    """Return why no guest can run here, or an empty string."""
    return "" if shutil.which(QEMU) else f"{QEMU} cannot be found"


def is_wanted():
    """Return whether scripts/test-system has requested the tests that need a guest."""
    return bool(os.environ.get("PUSHGLANCE_SYSTEM"))
