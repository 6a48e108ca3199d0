"""Print the README's picture of a wrist: a drawn arm with the watch as the sandbox draws it."""

import sys
from pathlib import Path

from pushglance.watchface import draw_watch

FILE = Path(__file__).with_name("wrist.svg")
GLANCE = {"title": "Home", "text": "Garage open", "subtext": "since 14:05", "count": "12", "percent": "62"}

_ARM = """\
<defs>\
<linearGradient id="skin" x2="0" y2="1"><stop stop-color="#c68863"/><stop offset=".35" stop-color="#eab98f"/>\
<stop offset="1" stop-color="#b57650"/></linearGradient>\
<linearGradient id="sleeve" x2="0" y2="1"><stop stop-color="#2f4259"/><stop offset=".35" stop-color="#4d6a8c"/>\
<stop offset="1" stop-color="#26364a"/></linearGradient>\
<linearGradient id="strap" x2="0" y2="1"><stop stop-color="#111"/><stop offset=".5" stop-color="#3a3a3e"/>\
<stop offset="1" stop-color="#111"/></linearGradient>\
</defs>\
<path d="M0 62C120 60 250 74 360 78S620 70 720 44V356C620 330 470 322 360 322S120 340 0 338Z" fill="url(#skin)"/>\
<path d="M0 40C60 38 110 44 150 50C164 130 164 270 150 350C110 356 60 362 0 360Z" fill="url(#sleeve)"/>\
<path d="M150 50C164 130 164 270 150 350" fill="none" stroke="#1d2a3a" stroke-width="3"/>\
<path d="M300 76C340 66 380 66 420 76V324C380 334 340 334 300 324Z" fill="url(#strap)"/>\
"""


def draw_wrist() -> str:
    """Return the picture as SVG."""
    watch = draw_watch(GLANCE, clock="14:06").replace("<svg ", '<svg x="268" y="91" width="184" height="218" ', 1)
    label = "A wrist with a watch that shows: Home, Garage open, since 14:05, a ring at 62 percent around the number 12"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 400" role="img" aria-label="{label}">'
        f"{_ARM}{watch}</svg>\n"
    )


if __name__ == "__main__":
    FILE.write_text(draw_wrist(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name} is drawn\n")
