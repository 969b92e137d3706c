"""Reviews as seller centres export them: a verdict in words, stars or points, and a text."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from core.marketplace.exports.layout import CellKind, Column, Layout, Setting, Values
from core.marketplace.exports.traffic import NO_PLACE
from core.marketplace.records import ReviewRecord, ReviewResult

Names = tuple[str, ...]

_COLUMNS: Mapping[str, tuple[CellKind, Names]] = {
    "review_id": (CellKind.ID, ("评价ID", "评论ID", "评价编号", "review id")),
    "order_id": (CellKind.ID, ("订单号", "订单编号", "主订单编号", "order id", "order number")),
    "line_id": (CellKind.ID, ("子订单编号", "子订单号", "order line id", "line id")),
    "product_id": (CellKind.ID, ("商品ID", "商品编号", "宝贝ID", "SKU编号", "product id")),
    "rating": (
        CellKind.TEXT,
        ("评价等级", "评分", "评价类型", "评价结果", "星级", "rating", "stars"),
    ),
    "content": (CellKind.TEXT, ("评价内容", "评论内容", "初评内容", "评价", "content", "review")),
    "added": (CellKind.TEXT, ("追评", "追评内容", "追加评价", "追加评论", "follow-up")),
    "author": (CellKind.TEXT, ("买家昵称", "用户昵称", "评价人", "买家", "author", "nickname")),
    "reply": (CellKind.TEXT, ("商家回复", "卖家回复", "回复内容", "解释", "reply")),
    "reviewed_at": (CellKind.MOMENT, ("评价时间", "评论时间", "评价日期", "reviewed at", "date")),
}
_REQUIRED = frozenset({"rating", "reviewed_at"})
_PERSONAL = frozenset({"content", "added", "author"})
_UNUSED = {
    **dict.fromkeys(("商品名称", "宝贝标题", "商品标题", "product title"), "products have it"),
    **dict.fromkeys(("物流评分", "服务评分", "描述评分", "追评时间", "图片", "视频"), NO_PLACE),
}
_WORDS = {
    "好评": ReviewResult.GOOD,
    "非常满意": ReviewResult.GOOD,
    "满意": ReviewResult.GOOD,
    "good": ReviewResult.GOOD,
    "中评": ReviewResult.NEUTRAL,
    "一般": ReviewResult.NEUTRAL,
    "neutral": ReviewResult.NEUTRAL,
    "差评": ReviewResult.BAD,
    "不满意": ReviewResult.BAD,
    "非常不满意": ReviewResult.BAD,
    "bad": ReviewResult.BAD,
    **dict.fromkeys("一二", ReviewResult.BAD),
    "三": ReviewResult.NEUTRAL,
    **dict.fromkeys("四五", ReviewResult.GOOD),
}


def review_layout(
    name: str, title: str, *, unused: Mapping[str, str] | None = None, **own: Names
) -> Layout:
    """A seller centre's export of reviews; `own` headers come before the usual ones."""
    columns = tuple(
        Column(
            field,
            (*own.get(field, ()), *names),
            kind,
            required=field in _REQUIRED,
            personal=field in _PERSONAL,
        )
        for field, (kind, names) in _COLUMNS.items()
    )
    return Layout(
        f"{name}.reviews",
        f"{title}: reviews",
        "reviews",
        ReviewRecord,
        columns,
        review,
        unused={**_UNUSED, **(unused or {})},
    )


def review(rows: Sequence[Values], setting: Setting) -> Mapping[str, Any]:
    """A review; a text that was added later stands below the first one."""
    values = rows[0]
    added = values.get("added")
    content = values.get("content") or ""
    return {
        "platform_id": _identity(values),
        "updated_at": values["reviewed_at"],
        "order_id": values.get("order_id"),
        "line_id": values.get("line_id"),
        "product_id": values.get("product_id"),
        "result": verdict(values["rating"]),
        "platform_result": values["rating"],
        "score": stars(values["rating"]),
        "author": values.get("author"),
        "content": f"{content}\n{added}".strip() if added else content,
        "reply": values.get("reply") or "",
        "reviewed_at": values["reviewed_at"],
    }


def verdict(word: str) -> ReviewResult:
    """Words as they are; of five stars or points four are good and two are bad."""
    points = _points(word)
    if points is None:
        return _WORDS.get(_plain(word), ReviewResult.UNKNOWN)
    if not 1 <= points <= 5:
        return ReviewResult.UNKNOWN
    if points == 3:
        return ReviewResult.NEUTRAL
    return ReviewResult.GOOD if points > 3 else ReviewResult.BAD


def stars(word: str) -> int | None:
    """Whole stars or points of five; None for words and halves."""
    points = _points(word)
    return int(points) if points in (1, 2, 3, 4, 5) else None


def _points(word: str) -> float | None:
    try:
        return float(_plain(word))
    except ValueError:
        return None


def _plain(word: str) -> str:
    return word.lower().removesuffix("分").removesuffix("星").removesuffix(" stars")


def _identity(values: Values) -> str:
    """The platform's id; else the order line, which is rated once; else what was said, and when.

    With an order line it is what the Taobao adapter calls the same review.
    """
    if values.get("review_id"):
        return str(values["review_id"])
    if values.get("order_id"):
        line = values.get("line_id") or values.get("product_id") or ""
        return f"{values['order_id']}-{line}-buyer"
    said = (values.get("product_id"), values["reviewed_at"], values.get("content"))
    return "file-" + blake2b(repr(said).encode(), digest_size=12).hexdigest()
