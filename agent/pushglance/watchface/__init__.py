"""How a watch draws a glance: one piece of drawing for the sandbox and the status page. Pure; imports nothing of ours.

Every drawing is one self-contained SVG without ids, styles or scripts, so that any number of them fit into one page
under a strict content policy, and each is safe for texts from anywhere.
"""

from .complications import Complication, draw_complications
from .face import describe, draw_watch
from .text_layout import clean

__all__ = ["Complication", "clean", "describe", "draw_complications", "draw_watch"]
