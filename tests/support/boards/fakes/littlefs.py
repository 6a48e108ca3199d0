"""A real littlefs on blocks in memory, as the working directory; the power may go in the middle of a write."""

import os
import vfs

BLOCK = 512


class PowerCut(Exception):
    """The power is off."""


class Blocks:
    """Blocks of flash; after `left` more erases and writes the power goes."""

    def __init__(self, count):
        self.blocks = bytearray(count * BLOCK)
        self.left = -1
        self.erased = 0

    def readblocks(self, number, buffer, offset=0):
        start = number * BLOCK + offset
        buffer[:] = self.blocks[start : start + len(buffer)]

    def writeblocks(self, number, buffer, offset=0):
        start = number * BLOCK + offset
        if self._is_last():
            half = len(buffer) // 2  # the power goes in the middle
            self.blocks[start : start + half] = buffer[:half]
            raise PowerCut
        self.blocks[start : start + len(buffer)] = buffer

    def _is_last(self):
        if self.left == 0:
            raise PowerCut
        if self.left > 0:
            self.left -= 1
        return self.left == 0

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.blocks) // BLOCK
        if operation == 5:
            return BLOCK
        if operation == 6:
            if self._is_last():
                raise PowerCut
            self.erased += 1
            start = argument * BLOCK
            self.blocks[start : start + BLOCK] = b"\xff" * BLOCK
            return 0
        return 0


def mount(blocks, is_new):
    """Mount the blocks; format them first if `is_new`."""
    if is_new:
        vfs.VfsLfs2.mkfs(blocks)
    vfs.mount(vfs.VfsLfs2(blocks), "/flash")
    os.chdir("/flash")


def unmount():
    """Unmount and keep the blocks."""
    os.chdir("/")
    vfs.umount("/flash")
