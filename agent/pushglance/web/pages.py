"""HTML of the status page, rendered in sections, so that a change replaces one of them. All texts are escaped."""

import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .views.dashboard import DashboardView

SECTIONS = ("notice", "sensors", "watches", "messages", "day", "pushes", "health")
OLDER_PUSHES = 50
_STATIC = {
    "style.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "touch-icon.png": "image/png",
    "manifest.webmanifest": "application/manifest+json",
}


class Pages:
    """Render the data of a view, and hold the static files."""

    def __init__(self, view: DashboardView, token: str, *, has_password: bool) -> None:
        self._view = view
        folder = files(__package__) / "static"
        self.static = {name: ((folder / name).read_bytes(), media_type) for name, media_type in _STATIC.items()}
        self._templates = Environment(
            loader=PackageLoader("pushglance.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters["drawing"] = Markup  # only for SVG that pushglance.watchface has drawn and escaped
        self._templates.filters["label"] = _label
        self._templates.globals["version"] = self._version()
        self._templates.globals["token"] = token
        self._templates.globals["has_password"] = has_password

    def _version(self) -> str:
        """Return a hash of the static files; browsers cache them under this version."""
        return hashlib.sha256(b"".join(content for content, _ in self.static.values())).hexdigest()[:12]

    def render_sections(self) -> dict[str, str]:
        """Return each section of the page as HTML, with current data."""
        data = self._view.page_context()
        return {name: self._render(f"{name}.html", data) for name in SECTIONS}

    def render_page(self) -> str:
        """Return the page."""
        sections = {name: Markup(html) for name, html in self.render_sections().items()}  # noqa: S704 - escaped above
        return self._render("page.html", {"sections": sections})

    def render_older_pushes(self, before_id: int) -> str:
        """Return a page of older pushes."""
        return self._render("older_pushes.html", self._view.older_pushes(before_id, OLDER_PUSHES))

    def render_weeks(self, number: int) -> str:
        """Return the page of the last weeks."""
        return self._render("weeks.html", self._view.trends(number))

    def render_result(self, sentence: str) -> str:
        """Return the page with the result of a button."""
        return self._render("result.html", {"sentence": sentence})

    def render_login(self, error: str) -> str:
        """Return the page with the login form."""
        return self._render("login.html", {"error": error})

    def _render(self, name: str, data: dict[str, Any]) -> str:
        return self._templates.get_template(name).render(data)


def _label(name: str) -> str:
    """Return a sensor's name as a label: "front_door" is "Front door"."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
