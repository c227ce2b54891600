"""What the harness makes of reports: rounds, ratios, fits, bars, counts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.bars import BARS, Bar
from benchmarks.harness import measures as m
from benchmarks.harness import results
from benchmarks.harness.case import Case, Run
from benchmarks.harness.options import SUITES, parse
from benchmarks.harness.rounds import order, ratio_of, run_rounds
from benchmarks.harness.suite import Plan, Suite
from benchmarks.suites import fanout, joins, personal, reconnects, rooms, stalled, window


def case(peer: str, group: str = "N=10", clients: int = 10) -> Case:
    return Case(peer, group, ("join", "pipelined:64:1000:1"), clients)


def pipelined(peer: str, round_: int, rate: float) -> Run:
    return Run(case(peer), round_, [{"phase": "pipelined", "deliveries_per_s": rate}])


def test_each_round_has_another_order() -> None:
    cases = [case(name) for name in "abc"]
    orders = ["".join(c.peer for c in order(cases, r)) for r in range(3)]
    assert orders == ["abc", "acb", "cab"]
    assert len(set(orders)) == 3


def test_the_cases_of_a_block_are_neighbours() -> None:
    blocks = [[case("a"), case("b")], [case("c"), case("d")]]
    seen = []
    run_rounds(blocks, 2, lambda c, r: seen.append(c.peer) or Run(c, r))
    assert len(seen) == 8
    assert all({*seen[k : k + 2]} in ({"a", "b"}, {"c", "d"}) for k in range(0, 8, 2))


def test_ratios_are_of_one_round() -> None:
    """In the slow second round both are half as fast: the ratio is 2 throughout."""
    rounds = [
        {("x", "g", "statelink"): 200.0, ("x", "g", "limit"): 100.0},
        {("x", "g", "statelink"): 100.0, ("x", "g", "limit"): 50.0},
        {("x", "g", "statelink"): 300.0},
    ]
    ratio = ratio_of(rounds, ("x", "g", "statelink"), ("x", "g", "limit"))
    assert ratio is not None
    assert (ratio.median, ratio.low, ratio.high) == (2, 2, 2)


def test_a_summary_has_medians_ratios_and_bars() -> None:
    runs = [
        pipelined(peer, r, rate * (r + 1))
        for r in range(3)
        for peer, rate in (("statelink", 90), ("limit", 100))
    ]
    summary = results.summary(fanout.SUITE, runs, 3)
    assert {p["peer"]: p["median"] for p in summary["points"] if p["measure"] == m.DELIVERIES} == {
        "statelink": 180,
        "limit": 200,
    }
    bars = [bar for bar in summary["bars"] if bar["median"] == pytest.approx(0.9)]
    assert [bar["what"] for bar in bars] == ["deliveries/s, N=10 / limit"]
    assert bars[0]["met"]


def test_a_run_that_failed_counts_for_nothing() -> None:
    failed = pipelined("statelink", 0, 1e9)
    failed.failure = "it told lies"
    summary = results.summary(fanout.SUITE, [failed], 1)
    assert not summary["bars"]
    assert summary["failures"] == ["N=10 statelink: it told lies"]


@pytest.mark.parametrize(
    ("bar", "value", "holds"),
    [
        (Bar("s", "x", "g", at_least=0.9), 0.9, True),
        (Bar("s", "x", "g", at_least=0.9), 0.89, False),
        (Bar("s", "x", "g", at_most=8), 8.1, False),
    ],
)
def test_a_bar_bounds(bar: Bar, value: float, holds: bool) -> None:
    assert bar.holds(value) is holds


def suites() -> list[Suite]:
    return [__import__(f"benchmarks.suites.{n}", fromlist=["SUITE"]).SUITE for n in SUITES]


def test_every_bar_is_of_a_case_that_is_run() -> None:
    plan = Plan(peers=frozenset({"limit", "limit-plain", "picows", "reflex"}))
    groups = {
        (suite.name, c.group, c.peer) for suite in suites() for b in suite.blocks(plan) for c in b
    }
    groups.add(("window", "N=1 fit", "statelink"))
    for bar in BARS:
        assert (bar.suite, bar.group, "statelink") in groups
        other = (bar.suite, bar.over_group or bar.group, bar.over or "statelink")
        assert other in groups


def test_the_fit_finds_both_costs() -> None:
    values = {(m.CPU_PER_WINDOW, f"N=1 W={w}", "statelink"): 30 + 0.25 * w for w in window.WINDOWS}
    found = window.fit(values)
    assert found[m.WAKE_UP_COST, "N=1 fit", "statelink"] == pytest.approx(30)
    assert found[m.EVENT_COST, "N=1 fit", "statelink"] == pytest.approx(0.25)


COUNTS = {"patches": 10, "commits": 10, "sends": 100, "hand_overs": 10}


@pytest.mark.parametrize("wrong", [{}, {"patches": 100}, {"sends": 1000}])
def test_encodes_and_sends_are_counted(wrong: dict[str, int]) -> None:
    run = Run(case("statelink"), 0, counts=COUNTS | wrong)
    assert len(fanout.count([run])) == len(wrong)


def test_wake_ups_are_counted() -> None:
    c = case("statelink", "N=1 W=64", 1)
    phases: list[dict[str, object]] = [{"phase": "window", "windows": 100, "events": 6400}]
    assert not window.count([Run(c, 0, phases, {"wakes_of_loop": 105})])
    assert window.count([Run(c, 0, phases, {"wakes_of_loop": 6400})])


def test_snapshots_and_recomputes_are_counted() -> None:
    c = case("statelink", clients=100)
    assert not joins.count([Run(c, 0, counts={"snapshots": 5})])
    assert joins.count([Run(c, 0, counts={"snapshots": 100})])
    recovered = Run(c, 0, [{"phase": "recover", "snapshots": 2}])
    assert stalled.count([recovered])
    assert reconnects.count([Run(c, 0, [{"phase": "reconnect", "snapshots": 7}])])
    assert not personal.count([Run(c, 0, counts={"commits": 10, "recomputes": 1200})])
    assert personal.count([Run(c, 0, counts={"commits": 10, "recomputes": 2000})])


def test_rooms_have_no_latency_of_their_own() -> None:
    (block,) = rooms.blocks(Plan())
    assert block[0].rooms * block[0].clients == 1000


def test_what_is_unknown_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["fanuot", "--python", sys.executable, "--peers", ""])
    assert "there is no suite fanuot: fanout" in str(ended.value)
