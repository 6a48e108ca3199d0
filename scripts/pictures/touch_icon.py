"""Draw the page's icon for a phone's home screen: the ring and dot of icon.svg, white on blue, as a small PNG."""

import struct
import zlib
from math import hypot
from pathlib import Path

SIZE = 180
SHADES = 16  # between the two colours, for smooth edges
BLUE, WHITE = (0, 99, 204), (255, 255, 255)
RING, RING_WIDTH, DOT = 46.0, 16.0, 15.0
TARGET = Path(__file__).parents[2] / "agent/pushglance/web/static/touch-icon.png"


def whiteness(x: int, y: int) -> int:
    """Return how white a pixel is, 0 to SHADES - 1."""
    distance = hypot(x + 0.5 - SIZE / 2, y + 0.5 - SIZE / 2)
    inside = max(RING_WIDTH / 2 - abs(distance - RING), DOT - distance)
    return round(max(0.0, min(1.0, inside + 0.5)) * (SHADES - 1))


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def main() -> None:
    """Write the file: a palette of SHADES colours, four bits for each pixel."""
    palette = bytes(
        round(blue + (white - blue) * shade / (SHADES - 1))
        for shade in range(SHADES)
        for blue, white in zip(BLUE, WHITE, strict=True)
    )
    rows = bytearray()
    for y in range(SIZE):
        rows.append(0)
        rows += bytes(whiteness(x, y) << 4 | whiteness(x + 1, y) for x in range(0, SIZE, 2))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 4, 3, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"PLTE", palette) + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
    TARGET.write_bytes(b"\x89PNG\r\n\x1a\n" + content + chunk(b"IEND", b""))


if __name__ == "__main__":
    main()
