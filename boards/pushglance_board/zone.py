"""Local time without a time zone database: the Plan holds the changes of the UTC offset."""


def utc_offset_s(zone: "list[list[int]]", unix_s: int) -> int:
    """Return local time minus UTC at `unix_s`; `zone` holds [from_unix_s, offset_s], earliest first."""
    offset_s = 0
    for from_s, zone_offset_s in zone:
        if unix_s < from_s:
            break
        offset_s = zone_offset_s
    return offset_s
