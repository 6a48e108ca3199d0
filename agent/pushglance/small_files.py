"""Read a small file: a FIFO, a device or a huge file is an error at once; nothing waits or fills the memory."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

# Without O_NONBLOCK a FIFO waits for a writer; O_NOCTTY: a terminal must not become that of this process.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NO_LINK = os.O_NOFOLLOW  # for a file of the agent: root may read it, and its directory belongs to the service


def open_file(path: Path, flags: int = 0) -> BinaryIO:
    """Open a regular file for reading. Raises OSError."""
    fd = os.open(path, _FLAGS | flags)
    try:
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a directory", str(path))  # noqa: TRY301 - closes it
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))  # noqa: TRY301 - closes it
    except BaseException:
        os.close(fd)
        raise
    return os.fdopen(fd, "rb")


def read_small_file(path: Path, bytes_max: int, flags: int = 0) -> bytes:
    """Return the content of a regular file of at most `bytes_max` bytes. Raises OSError."""
    with open_file(path, flags) as file:
        content = file.read(bytes_max + 1)
        if len(content) > bytes_max:
            raise OSError(errno.EFBIG, f"it is larger than {bytes_max} bytes", str(path))
        return content
