"""package.json for `mip` and manifest.py for freezing: both list the files of the program, never a Plan or keys.

`python -m pushglance.boards.package_lists` writes both in a repository; a test checks that they are current.
"""

import json

from pushglance import __version__
from pushglance.settings.board_catalog import boards_folder

from .bundle import board_sources

_MANIFEST = '''\
"""Freeze pushglance into a firmware: `make BOARD=RPI_PICO_W FROZEN_MANIFEST=.../boards/manifest.py` in MicroPython.

Frozen code runs from flash: it takes no heap and needs no mpy-cross. main.py and the Plan stay in the file system.
"""

include("$(PORT_DIR)/boards/manifest.py")
require("bundle-networking")  # ssl; a Pico W's own manifest, which this one replaces, has it, too
package("pushglance_board", base_path=".")
package("pushglance", files=(
{files}), base_path="../agent")
'''


def package_json() -> str:
    """Return package.json: for each file its target and its source, relative to package.json."""
    repository = boards_folder().parent
    urls = [
        [target.removeprefix("lib/"), f"../{source.relative_to(repository).as_posix()}"]
        for source, target in board_sources()
        if target != "main.py"
    ]
    lines = ",\n".join(f"    {json.dumps(url)}" for url in urls)
    return f'{{\n  "version": "{__version__}",\n  "deps": [],\n  "urls": [\n{lines}\n  ]\n}}\n'


def manifest() -> str:
    """Return manifest.py. Of the package pushglance a board gets only the core."""
    names = [target.removeprefix("lib/pushglance/") for _, target in board_sources() if "lib/pushglance/" in target]
    return _MANIFEST.format(files="".join(f'    "{name}",\n' for name in names))


def main() -> None:
    """Write both files."""
    folder = boards_folder()
    (folder / "package.json").write_text(package_json())
    (folder / "manifest.py").write_text(manifest())


if __name__ == "__main__":
    main()
