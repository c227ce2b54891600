"""Judges a report of the Autobahn test suite: prints its counts, and fails unless every case passed.

NON-STRICT is not enough: there is no such case. docs/protocol.md, "Autobahn", explains the INFORMATIONAL ones.

usage: judge.py REPORTS/index.json
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

CASES = 247  # of groups 1 to 7 and 10
PASSED = {"OK", "INFORMATIONAL"}


def order(case: str) -> list[int]:
    return [int(number) for number in case.split(".")]


def main(index: Path) -> int:
    (results,) = json.loads(index.read_text(encoding="utf-8")).values()
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    failed = []
    for case in sorted(results, key=order):
        verdicts = results[case]["behavior"], results[case]["behaviorClose"]
        groups[case.split(".")[0]][verdicts[0]] += 1
        if not set(verdicts) <= PASSED:
            failed.append(f"{case}: {verdicts[0]}, close {verdicts[1]}")
    for group, counts in groups.items():
        print(f"group {group:>2}:", ", ".join(f"{n} {what}" for what, n in counts.items()))
    print(f"{len(results)} cases of {CASES}; {len(failed)} failed")
    print("\n".join(failed), end="\n" if failed else "")
    return 1 if failed or len(results) != CASES else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
