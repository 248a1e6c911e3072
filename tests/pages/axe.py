"""What axe finds on a page in both themes and at every width, with no question asked whose answer is known.

A rule of structure depends on what there is and what of it is shown: it is asked again at a width where something else
is shown. A rule of place is asked at every width. A rule of colours is asked for each text whose colours, size and
ground have not been found good before, on this page or another; a text that lies on something that it does not stand
in is always asked for. `whole` asks for everything everywhere: that is the long edition.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.pages.browsing import THEMES, WIDTHS, paint, resize

EVERY_TAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOUR = ("color-contrast", "link-in-text-block")
"""The rules that ask for colours: a theme changes nothing else."""
OF_PLACE = ("target-size", "scrollable-region-focusable", "td-headers-attr", "th-has-data-cells", "scope-attr-valid")
"""The rules that ask where things are and how large: a width changes them where the same things are shown.

Whether a table is one of data is read out of its measures as well (axe-core, `isDataTable`).
"""

ASK = """async ([chosen, off, looks]) => {
    const told = rule => rule.id + ": " + rule.help + "\\n" + rule.nodes.slice(0, 4).map(
        found => "    " + found.node.selector.join(" ") + "  " + found.node.source.slice(0, 160) + "\\n      "
            + [...found.any, ...found.all, ...found.none].map(check => check.message).join("; ")).join("\\n");
    const asked = new Set(looks), marked = asked.size ? window.__texts.filter(([, look]) => asked.has(look)) : [];
    const report = (rules, options, done) => {
        const results = axe.utils.aggregateResult(rules);
        const of = kind => results[kind].filter(rule => rule.id === "color-contrast").flatMap(rule => rule.nodes);
        const pictured = of("incomplete").filter(
            found => found.any.some(check => ["bgImage", "bgGradient"].includes(check.data && check.data.messageKey)));
        const settled = new Set([...of("passes"), ...pictured].map(found => found.node.element));
        const looked = marked.filter(([part]) => settled.has(part)).map(([, look]) => look);
        done([results.violations.map(told), [...new Set(looked)]]);
    };
    for (const [part] of marked) part.setAttribute("data-asked", "");
    if (marked.length) axe.configure({rules: [{id: "color-contrast", selector: "[data-asked]"}]});
    const found = await axe.run(document, {
        reporter: report, preload: {assets: ["media"]}, runOnly: chosen,
        rules: Object.fromEntries(off.map(rule => [rule, {enabled: false}])),
    });
    if (marked.length) axe.configure({rules: [{id: "color-contrast", selector: "*"}]});
    for (const [part] of marked) part.removeAttribute("data-asked");
    return found;
}"""
"""Ask for these rules, and for the contrast of texts of these looks; return what is wrong, and which looks are settled.

Settled is what axe has found good, or standing on a picture, of which it never says more. Its own reports would name
each part that is good by a selector, for which it searches the page; this names those that are not. No rule of these
asks for style sheets, which axe would fetch and parse anew in each run ("preload").
"""

SHAPE = """() => [...document.querySelectorAll("*")].map(part => {
    const shown = part.checkVisibility({visibilityProperty: true, opacityProperty: true});
    return shown ? getComputedStyle(part).display + (part.getBoundingClientRect().right <= 0 ? "<" : "") : "";
}).join()"""
"""What is shown, and how it is laid out."""

LOOKS = (Path(__file__).parent / "looks.js").read_text()

ROWS = 6
"""So many rows of each table and list, choices of a field and folds are read by axe: the others are like them."""

SHORTEN = """rows => {
    const shorten = parts => {
        for (const part of [...parts].slice(rows))
            if (!part.matches(":checked")) part.remove();
    };
    for (const list of document.querySelectorAll("tbody, ol, ul, .cards, select, optgroup, datalist"))
        shorten(list.children);
    for (const parent of new Set([...document.querySelectorAll("details")].map(fold => fold.parentElement)))
        shorten(parent.querySelectorAll(":scope > details"));
}"""


class Axe:
    """Asks axe about pages, and remembers which texts it found good."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._settled: set[str] = set()

    def violations(self, page: Page, widths: Sequence[int] = WIDTHS) -> list[str]:
        """Return what axe finds in both themes at these widths; the page is left light."""
        page.evaluate(SHORTEN, ROWS)
        page.evaluate(AXE_SCRIPT)
        violations: list[str] = []
        shapes: set[str] = set()
        for place, width in enumerate(WIDTHS if self._whole else widths):
            resize(page, width)
            # To and fro, since a change of the theme draws the whole page anew.
            for turn, theme in enumerate(THEMES if place % 2 == 0 else reversed(THEMES)):
                if turn:
                    paint(page, theme)
                added = self._everything(page, theme) if self._whole else self._what_is_new(page, theme, shapes)
                violations += [f"{theme}, {width} px: {violation}" for violation in added]
        paint(page, THEMES[0])
        return violations

    def _everything(self, page: Page, theme: str) -> list[str]:
        return ask(page, tags=EVERY_TAG)[0] if theme == THEMES[0] else ask(page, rules=OF_COLOUR)[0]

    def _what_is_new(self, page: Page, theme: str, shapes: set[str]) -> list[str]:
        unknown = sorted(set(cast(list[str], page.evaluate(LOOKS))) - self._settled)
        colours = OF_COLOUR if unknown else ()
        shape = str(page.evaluate(SHAPE)) if theme == THEMES[0] else ""
        # All in one run: each lays a net of its own over the page, which takes longest.
        if shape and shape not in shapes:
            shapes.add(shape)
            failures, settled = ask(page, tags=EVERY_TAG, without=() if unknown else OF_COLOUR, looks=unknown)
        elif shape or unknown:
            failures, settled = ask(page, rules=(*(OF_PLACE if shape else ()), *colours), looks=unknown)
        else:
            return []
        # A look says nothing of a text that lies on something else.
        if not any(failure.startswith(OF_COLOUR) for failure in failures):
            self._settled.update(set(settled) - {""})
        return failures


def ask(
    page: Page,
    *,
    tags: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    looks: Sequence[str] = (),
) -> tuple[list[str], list[str]]:
    """Run axe's rules of these tags or names, but for some; return what each says that is violated, and settled looks.

    With `looks` contrast is asked for texts of these alone.
    """
    chosen = {"type": "tag", "values": tags} if tags else {"type": "rule", "values": rules}
    failures, settled = cast(tuple[list[str], list[str]], page.evaluate(ASK, [chosen, without, looks]))
    return failures, settled
