"""Boot a board whose flash has 40 KiB: less than the program wants."""

import littlefs

littlefs.mount(littlefs.Blocks(80), True)
