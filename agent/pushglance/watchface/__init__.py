"""Drawings of a glance on a watch: SVG for the sandbox and the status page, text for a terminal. Pure functions.

Each SVG is one self-contained SVG without ids, styles or scripts: any number of them fit into one page under a
strict content security policy. All texts are escaped, so they may come from anywhere.
"""

from .complications import Complication, draw_complications
from .face import describe, draw_watch
from .terminal import terminal_complications
from .text_layout import clean

__all__ = ["Complication", "clean", "describe", "draw_complications", "draw_watch", "terminal_complications"]
