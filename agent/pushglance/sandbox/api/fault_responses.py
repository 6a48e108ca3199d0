"""The responses of injected faults: Pushover's own refusals, and what servers in between answer."""

from http import HTTPStatus

from pushglance.sandbox.faults import Fault

from .responses import Response, error_response, json_response

GATEWAY_KINDS = ("html", "foreign", "empty", "garbage")  # they come from a server in between


def fault_response(fault: Fault, request_id: str) -> Response | None:
    """Return the response of a fault, None if it sends the normal one or a damaged part of it."""
    if fault.kind in ("status", "refused"):
        status = fault.status if fault.kind == "status" else 200
        text = fault.text or f"injected fault: {fault.status if fault.kind == 'status' else 'refused'}"
        return error_response(status, [text], request_id, fault.names, fault.headers)
    if fault.kind == "html":
        return Response(fault.status, _page(fault.status), "text/html", fault.headers)
    if fault.kind == "foreign":
        return json_response(fault.status, {"message": "Bad Request", "status": fault.status}, fault.headers)
    if fault.kind == "empty":
        return Response(fault.status, b"", "text/plain", fault.headers)
    if fault.kind == "garbage":
        return Response(200, b"\x00\xff<html>not JSON\r\n" + bytes(range(256)), "text/html", fault.headers)
    return None


def _page(status: int) -> bytes:
    """Return a page as nginx sends it."""
    try:
        title = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        title = str(status)
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return (page + "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n").encode()
