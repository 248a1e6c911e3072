"""What is held of every page beside axe: nothing is refused by the policy, nothing needs scrolling sideways."""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Page

from tests.pages.browsing import WIDTHS, resize

SIDEWAYS = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.querySelectorAll("body *")].filter(part => {
        const box = part.getBoundingClientRect();
        return box.width && box.right > root.clientWidth + 1 && !part.closest(".drawing, pre");
    }).slice(0, 5).map(part => part.tagName + "." + part.className + " " + part.textContent.trim().slice(0, 40));
}"""


def overflows(page: Page) -> list[str]:
    """Return what needs scrolling sideways at each width; the page is left at the narrowest."""
    problems: list[str] = []
    for width in reversed(WIDTHS):
        resize(page, width)
        problems += [f"needs scrolling sideways at {width} px: {part}" for part in sideways(page)]
    return problems


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
    problems = []
    for field in cast(list[dict[str, Any]], page.evaluate(FIELDS)):
        name = field["name"]
        if not field["labelled"]:
            problems.append(f"{name} has no label")
        if field["sends"] and not field["hinted"]:
            problems.append(f"{name} has no hint")
        if field["sends"] and not field["tied"] and name not in NEVER_WRONG:
            problems.append(f"{name} is not tied to its errors")
    return problems


def error_problems(page: Page) -> list[str]:
    """Return what is missing where a form was refused: title, focused summary, links to marked fields."""
    summary = cast(dict[str, Any], page.evaluate(ERRORS))
    problems = [] if str(summary["title"]).startswith("Error: ") else [f"the title is {summary['title']}"]
    if not summary["focused"]:
        problems.append("the summary of errors is not focused")
    for link in cast(list[dict[str, Any]], summary["links"]):
        if not (link["marked"] and link["told"]):
            problems.append(f"the summary leads to {link['to']}, which is not marked or says nothing")
    return problems
