"""The likeliest way past a row of fixes: Viterbi's algorithm, and how sure it is.

The model is that of Newson and Krumm, "Hidden Markov Map Matching Through Noise and Sparseness"
(2009): a fix tells of a spot on a street by its distance; that one spot follows another is told by
how much the way between them differs from the crow's flight between their fixes. Log likelihoods
leave out what is the same for all spots. Kernels: arrays in, arrays out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.nearby import Limits, Row, Scratch, Streets, ways_between

_Floats = NDArray[np.float64]


class Spots(NamedTuple):
    """Where on the streets n fixes may be, at most k spots each.

    Attributes
    ----------
    vertex
        (n, k) int32 directed street, -1 where there are no more.
    share
        (n, k) of the street before the spot, in driving direction.
    log_likelihood
        (n, k) of the fix, were the vehicle there.
    """

    vertex: NDArray[np.int32]
    share: _Floats
    log_likelihood: _Floats

    def part(self, rows: slice | NDArray[np.bool_]) -> Spots:
        """Those of some fixes."""
        return Spots(self.vertex[rows], self.share[rows], self.log_likelihood[rows])


class Steps(NamedTuple):
    """What is known between each of n fixes and the next: (n - 1,) each.

    Attributes
    ----------
    crow_m
        Between the two fixes.
    detour_m
        A way that differs from it by so much is less likely by a factor of e.
    back_m
        A spot so far behind the one before on its street is noise: the vehicle stood.
    allowed_s
        A way that takes longer at the profile's speeds is less likely.
    limit_ms, limit_m
        Longer ways aren't looked for.
    """

    crow_m: _Floats
    detour_m: _Floats
    back_m: _Floats
    allowed_s: _Floats
    limit_ms: _Floats
    limit_m: _Floats

    def part(self, rows: slice) -> Steps:
        """Those between some fixes."""
        return Steps(*(column[rows] for column in self))


@compiled
def transitions(
    streets: Streets, scratch: Scratch, spots: Spots, steps: Steps, late_s: float
) -> _Floats:
    """(n - 1, k, k) log likelihood that a spot follows another; -inf where no way leads to it.

    Parameters
    ----------
    late_s
        So many seconds more than allowed are less likely by a factor of e.
    """
    n, k = spots.vertex.shape
    out = np.empty((max(n - 1, 0), k, k))
    for t in range(n - 1):
        sources = Row(spots.vertex[t], spots.share[t])
        targets = Row(spots.vertex[t + 1], spots.share[t + 1])
        limits = Limits(steps.back_m[t], steps.limit_ms[t], steps.limit_m[t])
        ms, metres = ways_between(streets, scratch, sources, targets, limits)
        detour = np.abs(metres - steps.crow_m[t]) / steps.detour_m[t]
        late = np.maximum(0.0, ms / 1000 - steps.allowed_s[t]) / late_s
        out[t] = -detour - late
    return out


@compiled
def likeliest(emission: _Floats, transition: _Floats) -> NDArray[np.int64]:
    """(n,) the column of the likeliest spot of each fix.

    Where no way leads on from any spot, what comes before and after are judged by themselves.
    Of equals the first counts.

    Parameters
    ----------
    emission, transition
        (n, k) and (n - 1, k, k) log likelihoods.
    """
    n, k = emission.shape
    came = np.full((n, k), -1, np.int64)
    chosen = np.zeros(n, np.int64)
    score = emission[0].copy()
    ends = np.zeros(n, np.bool_)
    last = np.zeros(n, np.int64)
    for t in range(1, n):
        following = np.full(k, -np.inf)
        for j in range(k):
            for i in range(k):
                told = score[i] + transition[t - 1, i, j]
                if told > following[j]:
                    following[j] = told
                    came[t, j] = i
            following[j] += emission[t, j]
        if not np.isfinite(following.max()):
            ends[t - 1], last[t - 1] = True, np.argmax(score)
            following = emission[t].copy()
        score = following
    ends[n - 1], last[n - 1] = True, np.argmax(score)
    for t in range(n - 1, -1, -1):
        chosen[t] = last[t] if ends[t] else came[t + 1, chosen[t + 1]]
    return chosen


@compiled
def likelihoods(emission: _Floats, transition: _Floats) -> _Floats:
    """(n, k) how likely each spot of each fix is over all ways past the fixes; rows sum to 1.

    By the forward-backward algorithm; some way must lead past all of them.
    """
    n, k = emission.shape
    ahead, behind = np.empty((n, k)), np.zeros((n, k))
    ahead[0] = emission[0]
    for t in range(1, n):
        for j in range(k):
            ahead[t, j] = emission[t, j] + _log_sum(ahead[t - 1] + transition[t - 1, :, j])
    for t in range(n - 2, -1, -1):
        for i in range(k):
            behind[t, i] = _log_sum(transition[t, i] + emission[t + 1] + behind[t + 1])
    for t in range(n):
        both = ahead[t] + behind[t]
        ahead[t] = np.exp(both - _log_sum(both))
    return ahead


@compiled
def _log_sum(terms: _Floats) -> float:
    most = terms.max()
    return float(most) if most == -np.inf else float(most + np.log(np.exp(terms - most).sum()))
