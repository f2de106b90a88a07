"""A pytest plugin: under CI, a test that does not run is a failure.

Loaded by scripts/test with ``-p tests.nothing_left_out``. With CI set in the environment the session fails when a test
was skipped, expected to fail or deselected, or when none ran at all; the terminal says which.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

# How a pytest-xdist worker, where collecting and deselecting happen, tells the controller.
FROM_WORKER = "tests_left_out"


def pytest_configure(config: pytest.Config) -> None:
    """Keep watch only under CI: at home, running half the suite is nobody's business."""
    if os.environ.get("CI"):
        config.pluginmanager.register(NothingLeftOut(), "nothing-left-out-watch")


class NothingLeftOut:
    """Counts the tests that ran and collects the names, with reasons, of those that did not."""

    def __init__(self) -> None:
        self.ran = 0
        self.left_out: set[str] = set()

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.left_out.update(f"{item.nodeid} (deselected)" for item in items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:  # a whole module: importorskip, skip(allow_module_level=True)
            self.left_out.add(f"{report.nodeid} (skipped)")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, "wasxfail"):
            self.left_out.add(f"{report.nodeid} (expected to fail)")
        elif report.skipped:
            self.left_out.add(f"{report.nodeid} (skipped)")
        elif report.when == "call":
            self.ran += 1

    @pytest.hookimpl(optionalhook=True)  # exists only with pytest-xdist
    def pytest_testnodedown(self, node: Any) -> None:
        # A worker that crashed has no output; pytest-xdist reports that as a failure of its own.
        self.left_out.update(getattr(node, "workeroutput", {}).get(FROM_WORKER, ()))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        worker_output = getattr(session.config, "workeroutput", None)
        if worker_output is not None:
            worker_output[FROM_WORKER] = sorted(self.left_out)
        elif exitstatus == pytest.ExitCode.OK and (self.left_out or not self.ran):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.ran:
            terminalreporter.write_line("CI: no test ran.", red=True)
        if self.left_out:
            terminalreporter.section("left out, which CI does not allow", red=True)
            for name in sorted(self.left_out):
                terminalreporter.write_line(name)
