"""A GraphQL request with a file: `multipart/form-data` with `operations`, `map` and the file.

Follows the GraphQL multipart request specification, with one file and without batches. A browser
lets any site send such a form, without asking first. It carries cookies, which nobody reads here,
and no `Authorization` header; in case a proxy adds one, a header is wanted that no form can have.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from core.errors import InputError
from core.graph.scalars import UploadedFile
from core.http.graphql import GraphQLRequest, read_request

MULTIPART = "multipart/form-data"
PREFLIGHT = ("graphql-require-preflight", "apollo-require-preflight")
"""Headers, one of which a request with a file needs."""


async def read_upload(
    content_type: str, chunks: AsyncGenerator[bytes, None], most_fields: int
) -> tuple[GraphQLRequest, bytes]:
    """The request, its file among the variables, and what tells it from other requests.

    most_fields: bytes of `operations` and of `map`. Raises InputError.
    """
    headers = Headers({"content-type": content_type})
    parser = MultiPartParser(headers, chunks, max_files=1, max_fields=2, max_part_size=most_fields)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InputError(f"The multipart body cannot be used: {error.message}") from None
    try:
        return await _read(form)
    finally:
        await form.close()


async def _read(form: FormData) -> tuple[GraphQLRequest, bytes]:
    operations = _text(form, "operations")
    if operations.lstrip().startswith(b"["):
        raise InputError("`operations` must be one request: there are no batches.")
    request = read_request(operations)
    places = _map(_text(form, "map"))
    files = {name: await _file(value) for name, value in form.multi_items() if _is_file(value)}
    if files.keys() != places.keys():
        raise InputError("`map` must name every file that is sent, and no other.")
    variables = dict(request.variables)
    for name, paths in places.items():
        for path in paths:
            _put({"variables": variables}, path, files[name])
    told = b"".join(sha256(file.content).digest() for file in files.values())
    return replace(request, variables=variables), operations + told


def _text(form: FormData, name: str) -> bytes:
    value = form.get(name)
    if not isinstance(value, str):
        raise InputError(f"A multipart request needs the field `{name}`, and one file.")
    return value.encode(errors="surrogatepass")


def _map(text: bytes) -> Mapping[str, list[str]]:
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(_are_paths(each) for each in found.values()):
        raise InputError('`map` must be JSON like {"0": ["variables.input.file"]}.')
    return found


def _are_paths(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(path, str) for path in value)


def _is_file(value: Any) -> bool:
    return isinstance(value, UploadFile)


async def _file(value: Any) -> UploadedFile:
    return UploadedFile(value.filename or "", await value.read())


def _put(holder: Any, path: str, file: UploadedFile) -> None:
    """Put the file where the operations have a null."""
    *way, last = path.split(".")
    for step in way:
        holder = _step(holder, step, path)
    if _step(holder, last, path) is not None:
        raise InputError(f"At {path!r} the operations must have null, where the file goes.")
    holder[int(last) if isinstance(holder, list) else last] = file


def _step(holder: Any, step: str, path: str) -> Any:
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    if isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
        return holder[int(step)]
    raise InputError(f"`map` leads to {path!r}, where the operations have nothing.")
