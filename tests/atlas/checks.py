"""What is held of every page: axe finds nothing, nothing is refused by the policy, nothing needs scrolling sideways."""

from __future__ import annotations

from typing import Any, Literal, cast

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.atlas.browsing import HEIGHT, THEMES, WIDTHS

EVERY_RULE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOUR = ("color-contrast", "link-in-text-block")
"""The rules that ask for colours: a theme changes nothing else, so the second one is asked for these alone."""

AXE = """async rules => {
    const found = await axe.run(document, {resultTypes: ["violations"], runOnly: rules});
    return found.violations.map(one => one.id + ": " + one.help + "\\n" + one.nodes.slice(0, 4).map(
        node => "    " + node.target.join(" ") + "  " + node.html.slice(0, 160) + "\\n      "
            + [...node.any, ...node.all, ...node.none].map(check => check.message).join("; ")).join("\\n"));
}"""

ROWS = 6
"""So many rows of each table and list are read by axe: the others are made of the same template."""

SHORTEN = """rows => {
    for (const list of document.querySelectorAll("tbody, ol, ul, .cards"))
        for (const extra of [...list.children].slice(rows)) extra.remove();
}"""

SIDEWAYS = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.querySelectorAll("body *")].filter(part => {
        const box = part.getBoundingClientRect();
        return box.width && box.right > root.clientWidth + 1 && !part.closest(".drawing, pre");
    }).slice(0, 5).map(part => part.tagName + "." + part.className + " " + part.textContent.trim().slice(0, 40));
}"""


def violations(page: Page) -> list[str]:
    """Return what axe finds in both themes and at every width, on the page as it is loaded."""
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [f"needs scrolling sideways at {width} px: {part}" for part in sideways(page)]
    page.evaluate(SHORTEN, ROWS)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme in THEMES:
            page.emulate_media(color_scheme=cast(Literal["light", "dark"], theme))
            rules = EVERY_RULE if theme == THEMES[0] else OF_COLOUR
            found += [f"{theme}, {width} px: {told}" for told in cast(list[str], page.evaluate(AXE, rules))]
    page.emulate_media(color_scheme="light")
    return found


def sideways(page: Page) -> list[str]:
    """Return the parts that reach over the window's edge, where the page needs scrolling to the side."""
    return cast(list[str], page.evaluate(SIDEWAYS))


def refused(page: Page) -> list[str]:
    """Return what the page's Content-Security-Policy refused."""
    return cast(list[str], page.evaluate("window.__refused || []"))


FIELDS = """() => [...document.querySelectorAll("main input, main select, main textarea, #content input, "
    + "#content select, #content textarea")]
    .filter(field => !["hidden", "submit", "button", "image"].includes(field.type) && !field.hidden && field.offsetParent)
    .map(field => {
        const group = field.closest("fieldset[aria-describedby]");
        const told = ((field.getAttribute("aria-describedby") || "") + " "
            + (group ? group.getAttribute("aria-describedby") : "")).split(/\\s+/).filter(Boolean);
        return {
            name: field.name || field.id,
            label: [...(field.labels || [])].map(label => label.textContent.trim()).join(" ")
                || field.getAttribute("aria-label") || "",
            hints: told.filter(id => !id.endsWith("_error"))
                .map(id => (document.getElementById(id) || {textContent: ""}).textContent.trim()),
            errors: told.filter(id => id.endsWith("_error")).map(id => !!document.getElementById(id)),
            form: field.form ? field.form.method : "",
            invalid: field.getAttribute("aria-invalid"),
        };
    })"""


def fields(page: Page) -> list[dict[str, Any]]:
    """Return every field that can be seen: its label, its hints, and whether the places of its errors exist."""
    return cast(list[dict[str, Any]], page.evaluate(FIELDS))
