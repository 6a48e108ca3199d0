"""Boot a board with 40 KiB of flash: too little for the program."""

import littlefs

littlefs.mount(littlefs.Blocks(80), True)
