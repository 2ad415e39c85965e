"""The line on a run's splits."""

from __future__ import annotations

from recsys.output import split_facts


def test_counts_and_shares_go_from_their_lowest_to_their_highest_repeat_and_hashes_are_left_out():
    facts = {
        "1": {"test_ids": "ab", "new_users": 12, "late_share": 0.411},
        "2": {"test_ids": "cd", "new_users": 1234, "late_share": 0.411},
    }
    assert split_facts.line({"facts": facts}) == "Splits: new users 12 to 1,234, late share 41.1%."


def test_a_stamp_without_facts_has_no_line():
    assert split_facts.line({"split": "random"}) is None
