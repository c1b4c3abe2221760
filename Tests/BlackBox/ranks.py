"""Whether two samples come from one distribution, by ranks alone: no unit, no limit, no mean."""

from __future__ import annotations

import math
from collections.abc import Sequence


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p of the Mann-Whitney U test, by its normal approximation with ties and continuity corrected."""
    ranked = sorted((value, group) for group, values in enumerate((first, second)) for value in values)
    count, rank_sum, ties, start = len(ranked), 0.0, 0, 0
    while start < count:
        end = start
        while end < count and ranked[end][0] == ranked[start][0]:
            end += 1
        # Equal values share the mean of their ranks, which are counted from 1.
        rank_sum += (start + 1 + end) / 2 * sum(group == 0 for _, group in ranked[start:end])
        ties += (end - start) ** 3 - (end - start)
        start = end
    m, n = len(first), len(second)
    u = rank_sum - m * (m + 1) / 2
    variance = m * n / 12 * (count + 1 - ties / (count * (count - 1)))
    if variance == 0:
        return 1.0
    distance = max(0.0, abs(u - m * n / 2) - 0.5)
    return math.erfc(distance / math.sqrt(2 * variance))
