"""A real littlefs on blocks in memory, which become the working directory; a card may end in the middle of a write."""

import os
import vfs

BLOCK = 512


class PowerCut(Exception):
    """The power went."""


class Blocks:
    """Hold blocks as flash does; after `left` more erases and writes the power is gone."""

    def __init__(self, count):
        self.blocks = bytearray(count * BLOCK)
        self.left = -1
        self.erased = 0

    def readblocks(self, number, buffer, offset=0):
        place = number * BLOCK + offset
        buffer[:] = self.blocks[place : place + len(buffer)]

    def writeblocks(self, number, buffer, offset=0):
        place = number * BLOCK + offset
        if self._is_last():
            half = len(buffer) // 2  # the power goes in the middle
            self.blocks[place : place + half] = buffer[:half]
            raise PowerCut
        self.blocks[place : place + len(buffer)] = buffer

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
            place = argument * BLOCK
            self.blocks[place : place + BLOCK] = b"\xff" * BLOCK
            return 0
        return 0


def mount(blocks, is_new):
    """Mount it, formatted anew or as it is."""
    if is_new:
        vfs.VfsLfs2.mkfs(blocks)
    vfs.mount(vfs.VfsLfs2(blocks), "/flash")
    os.chdir("/flash")


def unmount():
    """Leave it as it is."""
    os.chdir("/")
    vfs.umount("/flash")
