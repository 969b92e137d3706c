"""RFM: recency, frequency, monetary value, scored 1 to 5, and the eleven segments.

The score is tie-safe: ceil(5 × average percentile rank), so equal values score equally. With
ranks cut arbitrarily among ties the same data gives other segments (366 instead of 625 customers
"lost" on the reference data set): the rule is part of the answer and is published with it.
Segments are a total, disjoint rule over R and FM = floor((F + M) / 2 + 0.5).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

RULE = (
    "score = ceil(5 x average percentile rank), equal value -> equal score; "
    "FM = floor((F + M) / 2 + 0.5); M is gross of refunds"
)


class Segment(Enum):
    """The eleven segments, and prospects, who have not bought yet."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL_LOYALIST = "potential_loyalist"
    NEW = "new"
    PROMISING = "promising"
    NEEDS_ATTENTION = "needs_attention"
    ABOUT_TO_SLEEP = "about_to_sleep"
    CANNOT_LOSE = "cannot_lose"
    AT_RISK = "at_risk"
    HIBERNATING = "hibernating"
    LOST = "lost"
    PROSPECT = "prospect"


@dataclass(frozen=True)
class Play:
    """What a segment is called in Chinese, and what to do about it."""

    zh: str
    advice: str


PLAYS = {
    Segment.CHAMPIONS: Play("冠军", "early access, referral"),
    Segment.LOYAL: Play("忠诚", "upsell, points"),
    Segment.POTENTIAL_LOYALIST: Play("潜在忠诚", "membership"),
    Segment.NEW: Play("新客", "second order in 30 days"),
    Segment.PROMISING: Play("有潜力", "free trial"),
    Segment.NEEDS_ATTENTION: Play("需关注", "limited offer"),
    Segment.ABOUT_TO_SLEEP: Play("即将沉睡", "remind, bestsellers"),
    Segment.CANNOT_LOSE: Play("不可流失", "personal win-back"),
    Segment.AT_RISK: Play("流失风险", "coupon"),
    Segment.HIBERNATING: Play("休眠", "low-cost touch"),
    Segment.LOST: Play("流失", "suppress"),
}


@dataclass(frozen=True)
class Purchases:
    """What RFM needs to know of a customer; `amount` in minor units, gross of refunds."""

    customer_id: int
    last_day: date
    orders: int
    amount: int


@dataclass(frozen=True)
class Rfm:
    """A customer's figures, scores and segment."""

    purchases: Purchases
    recency_days: int
    recency: int
    frequency: int
    monetary: int

    @property
    def fm(self) -> int:
        """Frequency and monetary value as one score."""
        return (self.frequency + self.monetary + 1) // 2

    @property
    def segment(self) -> Segment:
        """The segment of these scores."""
        return segment_of(self.recency, self.fm)


def score_all(customers: Sequence[Purchases], as_of: date) -> list[Rfm]:
    """Score customers against each other; later purchases score higher."""
    recency = scores([customer.last_day for customer in customers])
    frequency = scores([customer.orders for customer in customers])
    monetary = scores([customer.amount for customer in customers])
    return [
        Rfm(customer, (as_of - customer.last_day).days, *points)
        for customer, *points in zip(customers, recency, frequency, monetary, strict=True)
    ]


def scores(values: Sequence[Any]) -> list[int]:
    """1 to 5 by average percentile rank; the average rank of ties is (first + last) / 2."""
    ranked = sorted(values)
    size = 2 * len(ranked)
    score = {
        value: -(-5 * (bisect_left(ranked, value) + 1 + bisect_right(ranked, value)) // size)
        for value in set(values)
    }
    return [score[value] for value in values]


def segment_of(recency: int, fm: int) -> Segment:
    """The segment of a recency score and a combined frequency and monetary score."""
    for lowest, highest, least, most, segment in _CELLS:
        if lowest <= recency <= highest and least <= fm <= most:
            return segment
    raise ValueError(f"Scores go from 1 to 5, not {recency} and {fm}")


# R from, R to, FM from, FM to: the 25 cells, each in the first row that covers it.
_CELLS = (
    (5, 5, 4, 5, Segment.CHAMPIONS),
    (3, 4, 4, 5, Segment.LOYAL),
    (4, 5, 2, 3, Segment.POTENTIAL_LOYALIST),
    (5, 5, 1, 1, Segment.NEW),
    (4, 4, 1, 1, Segment.PROMISING),
    (3, 3, 3, 3, Segment.NEEDS_ATTENTION),
    (3, 3, 1, 2, Segment.ABOUT_TO_SLEEP),
    (1, 2, 5, 5, Segment.CANNOT_LOSE),
    (1, 2, 3, 4, Segment.AT_RISK),
    (1, 1, 1, 1, Segment.LOST),
    (1, 2, 1, 2, Segment.HIBERNATING),
)
