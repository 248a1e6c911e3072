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


FIELDS = """() => [...document.querySelectorAll("main input, main select, main textarea, #register-form *")]
    .filter(field => field.matches("input, select, textarea") && field.offsetParent && !field.hidden
        && !["hidden", "submit", "button", "image"].includes(field.type))
    .map(field => {
        const told = (field.getAttribute("aria-describedby") || "").split(/\\s+/).filter(Boolean);
        const text = id => (document.getElementById(id) || {textContent: ""}).textContent.trim();
        return {
            name: field.name || field.id,
            labelled: [...(field.labels || [])].some(label => label.textContent.trim() || label.querySelector("[alt]"))
                || !!field.getAttribute("aria-label"),
            hinted: told.some(id => !id.endsWith("_error") && text(id)),
            tied: told.some(id => id.endsWith("_error") && document.getElementById(id)),
            sends: !!field.form && field.form.method === "post" && !field.closest("table")
                && !(field.closest("#content-main") && !field.closest("#register-form")),
        };
    })"""

ERRORS = """() => {
    const summary = document.getElementById("error-summary");
    return {
        title: document.title,
        focused: !!summary && document.activeElement === summary,
        links: [...(summary ? summary.querySelectorAll("a") : [])].map(link => {
            const field = document.getElementById(link.hash.slice(1));
            const words = document.getElementById(link.hash.slice(1) + "_error");
            return {
                to: link.hash,
                marked: !!field && field.getAttribute("aria-invalid") === "true",
                told: !!words && words.textContent.trim().length > 0,
            };
        }),
    };
}"""

NEVER_WRONG = {"comment", "all"}
"""What is taken as it is: there is no error to tie to it."""


def field_problems(page: Page) -> list[str]:
    """Return what is wrong with the fields of the page's content.

    Each has a label. Each that sends something has a hint and a place for its errors as well, tied to it; the ticks in
    a table's rows are explained by the table, and the admin's own forms are tied as Django ties them.
    """
    found = []
    for field in cast(list[dict[str, Any]], page.evaluate(FIELDS)):
        name = field["name"]
        if not field["labelled"]:
            found.append(f"{name} has no label")
        if field["sends"] and not field["hinted"]:
            found.append(f"{name} has no hint")
        if field["sends"] and not field["tied"] and name not in NEVER_WRONG:
            found.append(f"{name} is not tied to its errors")
    return found


def error_problems(page: Page) -> list[str]:
    """Return what is missing where a form was refused: title, focused summary, links to marked fields."""
    shown = cast(dict[str, Any], page.evaluate(ERRORS))
    found = [] if str(shown["title"]).startswith("Error: ") else [f"the title is {shown['title']}"]
    if not shown["focused"]:
        found.append("the summary of errors is not focused")
    for link in cast(list[dict[str, Any]], shown["links"]):
        if not (link["marked"] and link["told"]):
            found.append(f"the summary leads to {link['to']}, which is not marked or says nothing")
    return found
