"""What keeps people out of a page: axe's findings, sideways scrolling, targets too small for a finger, other hosts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LEAST_HEIGHT = 44
RUN_AXE = """async (tags) => {
  const found = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    rules: { "target-size": { enabled: true } },
  });
  if (!found.passes.length) throw new Error("axe looked at nothing");
  return found.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }));
}"""
SMALL_TARGETS = """(least) => {
  const isInText = (one) => one.matches("a") && getComputedStyle(one).display === "inline" && [...one.parentNode.childNodes]
    .some((other) => other !== one && other.nodeType === Node.TEXT_NODE && other.textContent.trim().length > 3);
  const areaOf = (one) => (one.matches("input[type=checkbox], input[type=radio]") && one.closest("label")) || one;
  return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.type !== "hidden")
    .filter((one) => !one.matches(".skip:not(:focus)") && !isInText(one))
    .map((one) => [areaOf(one).getBoundingClientRect().height, one.outerHTML.slice(0, 120)])
    .filter(([height]) => height < least - 0.5);
}"""


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now."""
    page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE, TAGS)
    return [f"{one['id']}: {one['help']}\\n    " + "\\n    ".join(one["where"]) for one in found]


def overflow(page: Page) -> int:
    """Return how many pixels the page is wider than its window; a phone's innerWidth grows with what sticks out."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth"))


def small_targets(page: Page) -> list[str]:
    """Return what is lower than a finger, links inside running text apart."""
    return [f"{height:.0f} px: {html}" for height, html in page.evaluate(SMALL_TARGETS, LEAST_HEIGHT)]
