"""Read a small file: a FIFO, a device or a huge file is an error at once; nothing waits or fills the memory."""

import errno
import os
import stat
from pathlib import Path


def read_small_file(path: Path, bytes_max: int) -> bytes:
    """Return the content of a regular file of at most `bytes_max` bytes. Raises OSError."""
    # Without O_NONBLOCK a FIFO waits for a writer; O_NOCTTY: a terminal must not become that of this process.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a directory", str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        content = file.read(bytes_max + 1)
        if len(content) > bytes_max:
            raise OSError(errno.EFBIG, f"it is larger than {bytes_max} bytes", str(path))
        return content
