"""The status page: a separate process that reads the store and the status file.

It connects to no other machine, and changes nothing: only the buttons that `[web] actions` allows send requests to the
daemon. HTML and SVG are rendered here; the browser loads nothing from any other address.
"""
