from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from geo_dispatch.roads.likeliest import likeliest, likelihoods


def chance(n: int, k: int, seed: int):
    rng = np.random.default_rng(seed)
    emission, transition = rng.normal(0, 3, (n, k)), rng.normal(0, 3, (n - 1, k, k))
    transition[rng.uniform(size=transition.shape) < 0.2] = -np.inf
    return emission, transition


def told(emission, transition, chosen) -> float:
    n = range(len(chosen))
    said = sum(emission[t, chosen[t]] for t in n)
    return said + sum(transition[t, chosen[t], chosen[t + 1]] for t in n[:-1])


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_best_of_all_sequences(seed) -> None:
    emission, transition = chance(5, 4, seed)
    best = max(told(emission, transition, way) for way in product(range(4), repeat=5))
    assert told(emission, transition, likeliest(emission, transition)) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(20))
def test_likelihoods_are_sums_over_all_sequences(seed) -> None:
    emission, transition = chance(4, 3, seed)
    expected = np.zeros((4, 3))
    for way in product(range(3), repeat=4):
        expected[range(4), way] += np.exp(told(emission, transition, way))
    expected /= expected.sum(axis=1)[:, None]
    assert likelihoods(emission, transition) == pytest.approx(expected)


def test_where_no_way_leads_on_both_sides_are_judged_by_themselves() -> None:
    emission, transition = chance(6, 3, 1)
    transition[2] = -np.inf
    chosen = likeliest(emission, transition)
    assert chosen[:3].tolist() == likeliest(emission[:3], transition[:2]).tolist()
    assert chosen[3:].tolist() == likeliest(emission[3:], transition[3:]).tolist()
