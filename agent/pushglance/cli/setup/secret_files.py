"""Files with secrets that `init` writes, readable by their owner only."""

import os
from pathlib import Path

from pushglance.errors import PushglanceError


def write_secrets(secrets: dict[str, str], folder: Path) -> None:
    """Write each secret to its own file. Raises PushglanceError if one cannot be encrypted."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, secret in secrets.items():
        path = folder / name
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secret + "\n")
        if (encrypted := folder / f"{name}.encrypted").exists():
            _encrypt(name, path, encrypted)


def _encrypt(name: str, path: Path, encrypted: Path) -> None:
    """Replace a secret that scripts/install encrypted: the service reads that file, not `path`."""
    import subprocess

    command = ["systemd-creds", "encrypt", f"--name={name}", str(path), str(encrypted)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - names, no secret
    if result.returncode:
        raise PushglanceError(
            f"{encrypted} still holds the previous key ({result.stderr.strip()}): run scripts/install again"
        )
    path.unlink()
