#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The test runner must not call anything passed that did not prove it."""
import os
import subprocess
import tempfile
from pathlib import Path

import tap
from tap import contains, equal, is_running, test

RUN = Path(__file__).resolve().parent.parent / "run"


def run(budget, *arguments, **variables):
    """Run the runner over a list of suites; returns status and output."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "BUDGET"
        path.write_text(budget)
        done = subprocess.run(
            [RUN, *arguments], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, BUDGET=str(path), O=folder, **variables))
        return done.returncode, done.stdout


def last_line(output):
    return output.splitlines()[-1]


@test
def passed_points_are_counted_over_all_suites():
    status, output = run("one 1 test echo 1..1; echo ok 1\n"
                         "two 1 test echo ok 1; echo ok 2; echo 1..2\n",
                         "test")
    equal((status, last_line(output)), (0, "3 passed, 0 failed"))


@test
def a_failed_suite_is_shown_whole():
    status, output = run(
        "one 1 test echo 1..1; echo chatter; echo not ok 1 - claim\n", "test")
    equal((status, last_line(output)), (1, "0 passed, 1 failed"))
    contains(output, "chatter\nnot ok 1 - claim")


@test
def a_suite_without_a_plan_has_failed():
    status, output = run("one 1 test echo ok 1\n", "test")
    equal((status, last_line(output)), (1, "1 passed, 1 failed"))
    contains(output, "no plan")


@test
def results_that_never_came_have_failed():
    status, output = run("one 1 test echo 1..4; echo ok 1\n", "test")
    equal((status, last_line(output)), (1, "1 passed, 3 failed"))


@test
def a_suite_that_dies_after_its_last_result_has_failed():
    status, output = run("one 1 test echo 1..1; echo ok 1; kill -9 $$\n",
                         "test")
    equal((status, last_line(output)), (1, "1 passed, 1 failed"))
    contains(output, "killed by signal 9")


@test
def an_error_status_without_a_failed_point_is_a_failure():
    status, output = run("one 1 test echo 1..1; echo ok 1; exit 3\n", "test")
    equal((status, last_line(output)), (1, "1 passed, 1 failed"))


@test
def a_suite_that_hangs_is_ended_with_its_children():
    status, output = run(
        "one 1 test echo 1..1; echo ok 1; sleep 97 & echo pid $!; "
        "wait\n", "test", LIMIT="0.3")
    equal((status, last_line(output)), (1, "1 passed, 1 failed"))
    contains(output, "still running after 0.3 s")
    child = output.split("pid ")[1].split()[0]
    equal(is_running(child), False)


@test
def nothing_run_is_not_a_success():
    status, output = run("one 1 long echo 1..1; echo ok 1\n", "test")
    equal(status, 1)
    contains(output, "is in the tier test")


@test
def check_includes_test_but_not_long():
    budget = "".join(f"{tier} 1 {tier} echo 1..1; echo ok 1\n"
                     for tier in ("test", "check", "long"))
    equal(last_line(run(budget, "test")[1]), "1 passed, 0 failed")
    equal(last_line(run(budget, "check")[1]), "2 passed, 0 failed")
    equal(last_line(run(budget, "long")[1]), "1 passed, 0 failed")


@test
def a_named_part_runs_alone_and_an_unknown_one_is_refused():
    budget = ("one 1 test echo 1..1; echo ok 1\n"
              "two 1 test echo 1..1; echo not ok 1\n")
    equal(run(budget, "test", "one")[0], 0)
    equal(run(budget, "test", "three")[0], 2)


@test
def an_overrun_is_told_but_does_not_fail():
    status, output = run("one 0.01 test sleep 0.1; echo 1..1; echo ok 1\n",
                         "test")
    equal(status, 0)
    contains(output, "over its budget")


@test
def costs_are_shown_before_the_closing_line():
    _, output = run(
        "one 1 test echo 1..1; echo ok 1; echo '# cost: 7 apples'\n", "test")
    contains(output.splitlines()[-2], "7 apples")


@test
def a_broken_budget_line_is_named():
    status, output = run("one 1 sometimes true\n", "test")
    equal(status, 1)
    contains(output, "BUDGET:1: unknown tier sometimes")


tap.main()
