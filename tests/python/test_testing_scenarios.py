"""The test client does in each golden scenario what docs/protocol.md says, and notices what the server does wrong."""

import json
from pathlib import Path

import pytest

from statelink.errors import EventError
from statelink.testing.calls import Call
from statelink.testing.conversation import Conversation, Identity

SCENARIOS = sorted((Path(__file__).parents[1] / "protocol" / "scenarios").glob("*.json"))

# In these the server breaks its promises, or is said to answer out of order: the client must have noticed.
BROKEN = {
    "answer_ahead_of_its_frames_is_a_gap",
    "answer_waits_for_what_it_follows",
    "calls_are_answered",
    "gap_asks_for_a_snapshot",
    "inapplicable_patch_asks_for_a_snapshot",
    "overlay",
    "patch_of_unknown_instance_is_ignored",
    "relink_ends_a_resync",
    "relink_replaces_the_instance",
    "repeated_patch_is_ignored",
    "restart_gives_a_new_identity",
    "resume_states_what_is_held",
    "snapshot_skips_revisions",
}


class Player:
    """Plays a scenario to a client, and looks at all that it does."""

    def __init__(self, scenario):
        stored = scenario.get("stored")
        self.client = Conversation("/", ["append"], Identity(**stored) if stored else None)
        self.answers = {}
        self.known = list(self.client.identities)

    def call(self, n, h, a=None):
        def settle(error: EventError | None) -> None:
            assert str(n) not in self.answers, "a call is settled once"
            self.answers[str(n)] = error.code if error else "ok"

        return self.client.call(Call(h, a or {}, settle))

    def play(self, step):
        self.answers, sends = {}, []
        if "open" in step:
            sends = self.client.opened()
        elif "call" in step:
            sends = self.call(**step["call"])
        elif "server" in step:
            _, sends = self.client.received(step["server"])
        else:
            self.client.lost(*step["lost"])
            assert self.client.ended == step.get("ends", False)
        assert sends == step.get("sends", [])
        assert self.answers == step.get("answers", {})
        if "values" in step:
            assert self.client.held.all_values() == step["values"]
        told = self.client.identities[max(len(self.known), 1) :]
        assert told == ([step["identity"]] if "identity" in step else [])
        self.known = list(self.client.identities)


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_scenario(file):
    scenario = json.loads(file.read_text(encoding="utf-8"))
    player = Player(scenario)
    for step in scenario["steps"]:
        player.play(step)
    assert bool(player.client.violations) == (scenario["name"] in BROKEN), player.client.violations


def test_there_are_scenarios():
    assert {file.stem for file in SCENARIOS} >= BROKEN
