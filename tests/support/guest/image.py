"""The guest's disk and kernel: a small Debian with systemd, a broker, and simulated GPIO lines.

All packages are Debian's: the release on which Raspberry Pi OS 12 is based, and a newer kernel from the backports,
because the kernel of that release has no gpio-sim. The image is built once (one to three minutes, as root) and stays in
the user's cache, named by a checksum of its inputs.
"""

import fcntl
import gzip
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

RELEASE = "bookworm"
KERNELS = "trixie-backports"
PACKAGES = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "udev",
    "kmod",
    "iproute2",
    "procps",
    "ca-certificates",
    "python3",
    "python3-venv",
    "mosquitto",
    "mosquitto-clients",
    "gpiod",
]
IN_INITRAMFS = ("virtio_pci", "virtio_blk", "ext4", "crc32c")
IN_GUEST = ("virtio_net", "virtio_console", "virtio_rng", "gpio-sim", "af_packet", "autofs4", "ipv6", "dm_mod")
# Units that the tests do not need; each costs time at every boot under software emulation.
MASKED = [
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "ldconfig.service",
    "systemd-hwdb-update.service",
    "systemd-journal-catalog-update.service",
    "systemd-firstboot.service",
    "systemd-update-done.service",
    "systemd-networkd-wait-online.service",
    "systemd-timesyncd.service",
    "getty@tty1.service",
    "serial-getty@ttyS0.service",
    "systemd-pcrphase.service",
    "systemd-pcrphase-sysinit.service",
    "mosquitto.service",
    "systemd-binfmt.service",
    "systemd-repart.service",
    "motd-news.timer",
    "systemd-tmpfiles-clean.timer",
    "modprobe@drm.service",
    "modprobe@efi_pstore.service",
    "modprobe@fuse.service",
    "modprobe@dm_mod.service",
    "modprobe@loop.service",
    "logrotate.timer",
]
DISK_MIB = 1400
TOOLS = ("mmdebstrap", "mke2fs", "cpio", "busybox", "dpkg-deb", "apt-get", "modprobe")
_INSIDE = Path(__file__).parent / "inside"

_INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /order); do /bin/busybox insmod "/$module"; done
n=0
while [ ! -b /dev/vda ] && [ $n -lt 100 ]; do /bin/busybox sleep 0.1; n=$((n + 1)); done
/bin/busybox mount -t ext4 /dev/vda /root
exec /bin/busybox switch_root /root /sbin/init
"""


@dataclass(frozen=True)
class Image:
    """The files that QEMU boots; `disk` is the original: each guest boots a copy of it."""

    kernel: Path
    initramfs: Path
    disk: Path


class CannotBuild(Exception):  # noqa: N818 - a state, like StopIteration
    """What the image needs and this machine does not have, in one sentence."""


def image() -> Image:
    """Return the image, built first if it is not in the cache; raises CannotBuild."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pushglance/system"
    cache.mkdir(parents=True, exist_ok=True)
    cached = cache / _key()
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cached.exists():
            for older in cache.glob("image-*"):
                shutil.rmtree(older)
            with tempfile.TemporaryDirectory(dir=cache, prefix="image-new-") as folder:
                building = Path(folder) / "done"
                building.mkdir()
                _build(building, Path(folder))
                building.rename(cached)
    return Image(cached / "kernel", cached / "initramfs", cached / "disk")


def _key() -> str:
    parts = [Path(__file__), *sorted(path for path in _INSIDE.iterdir() if path.is_file())]
    return "image-" + hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _build(done: Path, scratch: Path) -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise CannotBuild(f"the guest's disk cannot be built without {', '.join(missing)}")
    if os.geteuid() != 0:
        raise CannotBuild("building the guest's disk needs root: run scripts/test-system as root once")
    mirror = _mirror()
    modules, kernel = _kernel(mirror, scratch)
    shutil.copy(kernel, done / "kernel")
    version = next((modules / "lib/modules").iterdir()).name
    _run("depmod", "-b", str(modules), version)
    _initramfs(modules, version, scratch, done / "initramfs")
    root = _root(mirror, scratch)
    for module in _closure(modules, version, IN_GUEST):
        target = root / module.relative_to(modules)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, target)
    for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
        if (modules / "lib/modules" / version / name).exists():
            shutil.copy(modules / "lib/modules" / version / name, root / "lib/modules" / version / name)
    _run("depmod", "-b", str(root), version)
    _run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(done / "disk"), f"{DISK_MIB}M")


def _mirror() -> str:
    """Return the address from which this machine gets Debian packages."""
    output = _run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(ORIGIN)")
    mirrors = re.findall(r"^(\S+) \w+ Debian$", output, re.MULTILINE)
    if not mirrors:
        raise CannotBuild("apt has no Debian mirror (is this Debian? was apt-get update run?)")
    return str(mirrors[0])


def _kernel(mirror: str, scratch: Path) -> tuple[Path, Path]:
    """Fetch and unpack the newest kernel of the backports; apt's configuration of this machine stays unchanged."""
    apt = scratch / "apt"
    (apt / "lists/partial").mkdir(parents=True)
    (apt / "cache/archives/partial").mkdir(parents=True)
    source = f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {KERNELS} main\n"
    (apt / "sources.list").write_text(source)
    (apt / "status").touch()
    options = [
        f"-oDir::Etc::SourceList={apt}/sources.list",
        "-oDir::Etc::SourceParts=/dev/null",
        "-oDir::Etc::PreferencesParts=/dev/null",
        f"-oDir::State::Lists={apt}/lists",
        f"-oDir::State::Status={apt}/status",
        f"-oDir::Cache={apt}/cache",
        "-oAPT::Sandbox::User=root",
    ]
    _run("apt-get", *options, "update")
    image_package = re.search(
        r"linux-image-(\d[\w.+]*-amd64)\b", _run("apt-cache", *options, "depends", "linux-image-amd64")
    )
    if image_package is None:
        raise CannotBuild(f"{KERNELS} has no kernel for amd64")
    version = image_package.group(1)
    listed = _run("apt-cache", *options, "pkgnames", "linux-")
    wanted = [f"linux-{part}-{version}" for part in ("base", "image", "binary", "modules")]
    _run("apt-get", *options, "download", *[name for name in wanted if name in listed.split()], cwd=apt)
    unpacked = scratch / "kernel"
    for package in sorted(apt.glob("*.deb")):
        _run("dpkg-deb", "-x", str(package), str(unpacked))
    if (unpacked / "usr/lib/modules").exists() and not (unpacked / "lib").exists():
        (unpacked / "lib").symlink_to("usr/lib")
    return unpacked, next(unpacked.rglob("vmlinuz*"))


def _closure(modules: Path, version: str, names: tuple[str, ...]) -> list[Path]:
    """Return the files of these modules and of their dependencies, each after its dependencies."""
    files: dict[Path, None] = {}
    for name in names:
        output = _run("modprobe", "-d", str(modules), "-S", version, "--show-depends", name, may_fail=True)
        for path in re.findall(r"^insmod (\S+)", output, re.MULTILINE):
            files[Path(path)] = None
    return list(files)


def _initramfs(modules: Path, version: str, scratch: Path, target: Path) -> None:
    folder = scratch / "initramfs"
    for name in ("bin", "dev", "root"):
        (folder / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", folder / "bin/busybox")
    order = []
    for module in _closure(modules, version, IN_INITRAMFS):
        content = lzma.decompress(module.read_bytes()) if module.suffix == ".xz" else module.read_bytes()
        name = module.name.removesuffix(".xz")
        (folder / name).write_bytes(content)
        order.append(name)
    (folder / "order").write_text("\n".join(order))
    (folder / "init").write_text(_INIT)
    (folder / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))
    packed = subprocess.run(
        ["cpio", "--quiet", "-o", "-H", "newc"], cwd=folder, input=names.encode(), capture_output=True, check=True
    )
    target.write_bytes(gzip.compress(packed.stdout, 1))


def _root(mirror: str, scratch: Path) -> Path:
    root = scratch / "root"
    source = f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {RELEASE} main"
    options = ["--quiet", "--mode=root", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    options += [f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("man", "doc", "locale", "info")]
    _run("mmdebstrap", *options, RELEASE, str(root), source)
    shutil.rmtree(root / "var/cache/apt", ignore_errors=True)
    shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
    shutil.copytree(_INSIDE, root / "opt/inside")
    system = root / "etc/systemd/system"
    for name in MASKED:
        (system / name).unlink(missing_ok=True)
        (system / name).symlink_to("/dev/null")
    for unit in _INSIDE.glob("*.service"):
        shutil.copy(unit, system)
        (system / "multi-user.target.wants").mkdir(exist_ok=True)
        (system / "multi-user.target.wants" / unit.name).symlink_to(f"/etc/systemd/system/{unit.name}")
    (system / "default.target").unlink(missing_ok=True)
    (system / "default.target").symlink_to("/lib/systemd/system/multi-user.target")
    (root / "etc/fstab").write_text("/dev/vda / ext4 rw,noatime 0 1\n")
    (root / "etc/hostname").write_text("garage-pi\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 garage-pi\n")
    (root / "etc/machine-id").write_text("c0ffee00c0ffee00c0ffee00c0ffee00\n")
    return root


def _run(*command: str, cwd: Path | None = None, may_fail: bool = False) -> str:
    """Return the stdout of a program; raises CannotBuild with the last lines of its stderr."""
    environment = {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C",
        "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
    }
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode and not may_fail:
        last = " / ".join(ended.stderr.strip().splitlines()[-3:])
        raise CannotBuild(f"{command[0]} {' '.join(command[1:3])} ... ended with {ended.returncode}: {last}")
    return ended.stdout
