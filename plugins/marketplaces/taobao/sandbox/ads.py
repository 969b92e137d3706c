"""The report of Alimama's campaigns as TOP shows it: JSON in parameters, text in figures."""

import re
from typing import Any

import orjson

from core.marketplace.sandbox import Row
from plugins.marketplaces.taobao.sandbox.protocol import Params, RefusalError, invalid
from plugins.marketplaces.taobao.sandbox.shop import TopShop

QUERY = "top_campaign_report_query_v_o"
REQUIRED = (
    "by_page",
    "split_type",
    "unify_type",
    "effect_equal",
    "query_domains",
    "query_field_in_list",
    "start_time",
    "end_time",
)


def campaign_report(shop: TopShop, params: Params) -> Row:
    """taobao.universalbp.report.query.campaign"""
    if not _json(params, "top_service_context").get("biz_code"):
        raise invalid("top_service_context", "biz_code is missing")
    query = _json(params, QUERY)
    missing = [name for name in REQUIRED if name not in query]
    if missing:
        raise invalid(QUERY, f"{missing[0]} is missing")
    if query["effect_equal"] not in {1, 3, 7, 15, 30} or query["unify_type"] not in {"zhai", "mta"}:
        raise invalid(QUERY, "effect_equal or unify_type")
    if "date" not in query["query_domains"] or query["split_type"] != "day":
        raise invalid(QUERY, "this sandbox reports days only")
    fields = {_snake(name) for name in query["query_field_in_list"]}
    rows = [
        _shown(row, fields)
        for row in sorted(shop.ad_days, key=lambda row: (row["thedate"], row["campaign_id"]))
        if query["start_time"] <= row["thedate"] <= query["end_time"]
    ]
    start = int(query.get("offset", 0))
    page = rows[start : start + int(query.get("page_size", 20))]
    bulk: Row = {"count": len(rows)}
    if page:
        bulk["top_report_v_o_list"] = {"top_report_vo": page}
    return {"result": {"info": {"ok": True}, "top_report_v_o_top_bulk_data": bulk}}


def _json(params: Params, name: str) -> dict[str, Any]:
    try:
        value = orjson.loads(params.required(name))
    except orjson.JSONDecodeError:
        raise invalid(name, "is no JSON") from None
    if not isinstance(value, dict):
        raise RefusalError(41, "Invalid Arguments", f"isv.invalid-parameter:{name}", name)
    return value


def _shown(row: Row, fields: set[str]) -> Row:
    index = {name: value for name, value in row["report_index"].items() if name in fields}
    return {**row, "report_index": index}


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)
