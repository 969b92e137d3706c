"""Keeps the queries of addresses out of httpx's log: several platforms want tokens in them."""

import logging

import httpx


def hide_query(record: logging.LogRecord) -> bool:
    """Take the query off every address that a log record would show."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            each.copy_with(query=None) if isinstance(each, httpx.URL) else each
            for each in record.args
        )
    return True


logging.getLogger("httpx").addFilter(hide_query)
