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

TOLD = """one => one.id + ": " + one.help + "\\n" + one.nodes.slice(0, 4).map(
    node => "    " + node.target.join(" ") + "  " + node.html.slice(0, 160) + "\\n      "
        + [...node.any, ...node.all, ...node.none].map(check => check.message).join("; ")).join("\\n")"""

# No rule of these asks for style sheets, which axe would fetch and parse anew in each run ("preload").
RUN = """async ([rules, off]) => {
    const found = await axe.run(document, {
        resultTypes: ["violations"], preload: {assets: ["media"]}, runOnly: rules,
        rules: Object.fromEntries(off.map(rule => [rule, {enabled: false}])),
    });
    return found.violations.map(TOLD);
}""".replace("TOLD", TOLD)

RUN_ON_TEXTS = """async ([rules, looks]) => {
    const asked = new Set(looks), marked = window.__texts.filter(([, look]) => asked.has(look));
    for (const [part] of marked) part.setAttribute("data-asked", "");
    axe.configure({rules: [{id: "color-contrast", selector: "[data-asked]"}]});
    const found = await axe.run(document, {
        resultTypes: ["violations", "passes", "incomplete"], preload: {assets: ["media"]}, runOnly: rules,
        elementRef: true,
    });
    axe.configure({rules: [{id: "color-contrast", selector: "*"}]});
    for (const [part] of marked) part.removeAttribute("data-asked");
    const of = results => results.filter(one => one.id === "color-contrast").flatMap(one => one.nodes);
    const pictured = of(found.incomplete).filter(
        node => node.any.some(check => ["bgImage", "bgGradient"].includes(check.data && check.data.messageKey)));
    const settled = new Set([...of(found.passes), ...pictured].map(node => node.element));
    const looked = marked.filter(([part]) => settled.has(part)).map(([, look]) => look);
    return [found.violations.map(TOLD), [...new Set(looked)]];
}""".replace("TOLD", TOLD)
"""Ask for the contrast of texts of these looks; return what is wrong, and the looks of which axe has said its word.

That is that they are good, or that they stand on a picture, on which it never says more.
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
        return run(page, tags=EVERY_TAG) if theme == THEMES[0] else run(page, rules=OF_COLOUR)

    def _what_is_new(self, page: Page, theme: str, shapes: set[str]) -> list[str]:
        violations: list[str] = []
        if theme == THEMES[0]:
            shape = str(page.evaluate(SHAPE))
            violations += run(page, rules=OF_PLACE) if shape in shapes else run(page, tags=EVERY_TAG, without=OF_COLOUR)
            shapes.add(shape)
        unknown = set(cast(list[str], page.evaluate(LOOKS))) - self._settled
        if unknown:
            answer = page.evaluate(RUN_ON_TEXTS, [OF_COLOUR, sorted(unknown)])
            failures, settled = cast(tuple[list[str], list[str]], answer)
            violations += failures
            # A look says nothing of a text that lies on something else.
            self._settled.update(set(settled) - {""} if not failures else ())
        return violations


def run(
    page: Page, *, tags: tuple[str, ...] = (), rules: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> list[str]:
    """Run axe's rules of these tags or names, but for some; return what each says that is violated."""
    chosen = {"type": "tag", "values": tags} if tags else {"type": "rule", "values": rules}
    return cast(list[str], page.evaluate(RUN, [chosen, without]))
