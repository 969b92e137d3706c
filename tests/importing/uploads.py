"""GraphQL requests with a file, as the multipart request specification writes them."""

import json
from typing import Any

from core.graph.scalars import global_id
from tests.graphql import Answer, Client

PREVIEW_FIELDS = """
  file format layout kind headerLine rows records refusedRows from to shop currency timeZone
  columns { letter header fields remark } unfilled notes
  refused { line column value expected } leftOut { line why } totals { field value additive }
"""
PREVIEW = f"""mutation($input: PreviewImportInput!) {{ previewImport(input: $input) {{
  preview {{ {PREVIEW_FIELDS} }} userErrors {{ code path message }} }} }}"""
IMPORT = f"""mutation($input: ImportFileInput!) {{ importFile(input: $input) {{
  preview {{ {PREVIEW_FIELDS} }} changed unchanged quarantined
  run {{ stream status seen changed unchanged quarantined }}
  userErrors {{ code path message }} }} }}"""
PATH = "variables.input.file"


async def send(
    client: Client,
    content: bytes,
    query: str = IMPORT,
    *,
    shop_id: int,
    name: str = "export.csv",
    **given: Any,
) -> Answer:
    """A mutation with a file; further keywords are fields of its input."""
    fields = {"shop": global_id("Shop", shop_id), "file": None, **given}
    operations = {"query": query, "variables": {"input": fields}}
    return await post(client, json.dumps(operations), json.dumps({"0": [PATH]}), content, name)


async def post(
    client: Client, operations: str, map_: str, content: bytes | None, name: str = "export.csv"
) -> Answer:
    """A multipart request of these parts."""
    files = None if content is None else {"0": (name, content)}
    data = {"operations": operations, "map": map_}
    return await client.api.request(
        "POST", "/graphql", data=data, files=files, headers=headers_of(client)
    )


async def imported(client: Client, content: bytes, **options: Any) -> Any:
    """The payload of `importFile`."""
    return (await send(client, content, IMPORT, **options)).data["importFile"]


async def previewed(client: Client, content: bytes, **options: Any) -> Any:
    """The preview of a file that can be read."""
    payload = (await send(client, content, PREVIEW, **options)).data["previewImport"]
    assert [] == payload["userErrors"]
    return payload["preview"]


def headers_of(client: Client) -> dict[str, str]:
    """What a client sends along with a file."""
    return {"Authorization": f"Bearer {client.token}", "GraphQL-Require-Preflight": "1"}
