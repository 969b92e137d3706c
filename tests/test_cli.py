"""The command line: what it makes, what it shows, and how it says no."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from core.cli import COMMANDS
from core.cli.house import build
from core.graph.scalars import global_id
from core.models import ApiToken, AuditEntry, Customer, Merchant, Shop
from core.security.envelope import new_key
from core.security.permissions import make_policy
from core.security.tokens import authenticate
from core.settings import Settings
from core.sync.shops import open_credentials, seal_credentials
from tests.builders import NOON, make_merchant, make_shop
from tests.distributions import Distributions
from tests.shell import Said, Shell


def test_help(empty_shell: Shell) -> None:
    """`--help` lists every command, a plugin's too, each with what it does."""
    said = empty_shell("--help")

    assert 0 == said.code
    for name in {command.name.partition(" ")[0] for command in COMMANDS} | {"demo"}:
        assert f"    {name} " in said.out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_each_command(empty_shell: Shell, command: object) -> None:
    """Every command explains itself."""
    said = empty_shell(*command.name.split(), "--help")  # type: ignore[attr-defined]

    assert 0 == said.code
    assert command.help in said.out.replace("\n", " ")  # type: ignore[attr-defined]


def test_no_command(empty_shell: Shell) -> None:
    """Without a command there is the help, and an exit code that says nothing was done."""
    said = empty_shell()

    assert (2, True) == (said.code, "usage: opsgraph" in said.out)


def test_database_from_nothing(empty_shell: Shell) -> None:
    """`status` says what is missing, `upgrade` brings it, and `status` is content."""
    before = empty_shell("db", "status")
    upgrade = empty_shell("db", "upgrade")
    after = empty_shell("db", "status")

    assert (1, 0, 0) == (before.code, upgrade.code, after.code)
    assert "opsgraph db upgrade" in before.out
    assert "up to date" in after.out
    assert "opsgraph db upgrade" not in after.out


def test_sql_instead_of_an_upgrade(empty_shell: Shell) -> None:
    """`--sql` prints what an upgrade would do, and does not do it."""
    said = empty_shell("db", "upgrade", "--sql")

    assert 0 == said.code
    assert "CREATE TABLE orders" in said.out
    assert 1 == empty_shell("db", "status").code


@pytest.mark.tells("output", "token", reason="the command shows the new token, once")
def test_merchant_and_token(shell: Shell) -> None:
    """A merchant comes with a token of its owner; further tokens are made, used and audited."""
    made = shell("merchant", "create", "Lantern Goods", "--currency", "eur")
    token = shell("token", "create", "for Anna", "--role", "support").out.strip()

    first = made.out.rpartition("shown once: ")[2].strip()
    policy = make_policy({})
    actors = [
        build().db.system_now(lambda session, s=secret: authenticate(session, s, policy, NOON))
        for secret in (first, token)
    ]
    assert [("first", "owner"), ("for Anna", "support")] == [(a.name, a.role) for a in actors]
    rows = build().db.system_now(lambda session: list(session.scalars(select(AuditEntry))))
    assert [("command line", "token.create")] * 2 == [(row.actor, row.action) for row in rows]
    [merchant] = build().db.system_now(lambda session: list(session.scalars(select(Merchant))))
    assert ("Lantern Goods", "EUR", "Asia/Shanghai") == (
        merchant.name, merchant.currency, merchant.time_zone
    )  # fmt: skip
    assert "Lantern Goods" in shell("merchant", "list").out


@pytest.mark.tells("output", "token", reason="the command shows the new token, once")
def test_token_among_several_merchants(shell: Shell) -> None:
    """With several merchants a token needs to be told whose it is."""
    ids = [make_merchant(build().db, name) for name in ("one", "two")]

    unclear = shell("token", "create", "x")
    chosen = shell("token", "create", "x", "--merchant", str(ids[1]))

    assert (1, 0) == (unclear.code, chosen.code)
    assert "opsgraph: There are 2 merchants: say which with --merchant.\n" == unclear.err
    assert chosen.out.startswith(f"ogt_{ids[1]:x}_")


def test_keys_rotate(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new key in front seals everything anew, after which the old one can go."""
    old, new = new_key("old"), new_key("new")
    monkeypatch.setenv("OPSGRAPH_SECRET_KEYS", old)
    shell("db", "status")
    shop = make_shop(build().db, make_merchant(build().db))

    def seal(session: object) -> None:
        seal_credentials(session.merge(shop), build().keys, {"app_key": "k"})  # type: ignore[attr-defined]

    build().db.run_now(shop.merchant_id, seal)
    monkeypatch.setenv("OPSGRAPH_SECRET_KEYS", f"{new},{old}")

    rotated = shell("keys", "rotate")
    again = shell("keys", "rotate")

    assert rotated.out.startswith("Sealed 1 shop(s) under key 'new'.")
    assert again.out.startswith("Sealed 0 shop(s)")
    monkeypatch.setenv("OPSGRAPH_SECRET_KEYS", new)
    shell("db", "status")
    [sealed] = build().db.system_now(lambda session: list(session.scalars(select(Shop))))
    assert {"app_key": "k"} == dict(open_credentials(sealed, build().keys).values)


def test_schema(empty_shell: Shell) -> None:
    """`schema` prints the SDL, and needs no database for it."""
    said = empty_shell("schema")

    assert 0 == said.code
    assert "type Order implements Node {" in said.out


def test_plugins(empty_shell: Shell, distributions: Distributions) -> None:
    """`plugins` shows what is in use and what is put aside, with the reason."""
    distributions.install("lamps", "raise RuntimeError('no lamp')", "0.3")

    said = empty_shell("plugins")

    assert 0 == said.code
    lines = {line.split("│")[1].strip(): line for line in said.out.splitlines() if "│" in line}
    assert "active" in lines["traffic"]
    assert "put aside" in lines["lamps"]
    assert "RuntimeError: no lamp" in lines["lamps"]


def test_a_plugins_commands(empty_shell: Shell, distributions: Distributions) -> None:
    """A plugin's command runs; one with a name that core has is left out, and core's stays."""
    source = """
@hookimpl
def opsgraph_commands():
    return [Command("lamps light", "Light a lamp.", lambda arguments: 7),
            Command("schema", "Print lamps.", lambda arguments: 8)]
"""
    distributions.install("lamps", source)

    own, taken = empty_shell("lamps", "light"), empty_shell("schema")

    assert (7, 0) == (own.code, taken.code)
    assert "plugin 'lamps' offers the command 'schema', which clashes" in taken.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["merchant", "create", "x", "--time-zone", "Mars/Base"], "no time zone 'Mars/Base'"),
        (["merchant", "create", "x", "--currency", "EUROS"], "no currency 'EUROS'"),
        (["token", "create", "x"], "There are 0 merchants: make one with"),
        (["token", "create", "x", "--merchant", "5"], "There is no merchant 5"),
        (
            ["db", "upgrade", "--component", "lamps"],
            "There is no component 'lamps'; there are: core",
        ),
        (["sync", "--shop", "x"], "There is no shop 'x'; register one first"),
        (["sync", "--stream", "x"], "There is no stream 'x'; there are: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_expected_errors(shell: Shell, arguments: list[str], message: str) -> None:
    """What cannot be done is one line on the error channel and exit code 1."""
    said = shell(*arguments)

    assert (1, "") == (said.code, said.out)
    assert said.err.startswith("opsgraph: ")
    assert message in said.err
    assert 1 == said.err.count("\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sync", "--since", "monday"], "'monday' is no day or time, such as 2026-11-01"),
        (["worker", "--parallel", "0"], "'0' is no whole number of 1 or more"),
    ],
)
def test_values_of_options(shell: Shell, arguments: list[str], message: str) -> None:
    """A value that cannot be used is answered with what could."""
    said = shell(*arguments)

    assert (2, "") == (said.code, said.out)
    assert message in said.err


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("OPSGRAPH_PORT", "abc", "OPSGRAPH_PORT: Input should be a valid integer"),
        ("OPSGRAPH_LEASE_SECONDS", "0", "OPSGRAPH_LEASE_SECONDS: Input should be greater than 1."),
        ("OPSGRAPH_DATABASE_URL", "mysql://x", "begins with postgresql:// or sqlite:///."),
    ],
)
def test_settings_that_cannot_be_used(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, message: str
) -> None:
    """A wrong setting is named in one line, without its value."""
    monkeypatch.setenv(setting, value)

    said = shell("shops")

    assert (1, "") == (said.code, said.out)
    assert message in said.err
    assert 1 == said.err.count("\n")


def test_every_setting_is_documented() -> None:
    """The table of docs/operating.md has each setting, with the default that holds."""
    lines = (Path(__file__).parents[1] / "docs/operating.md").read_text().splitlines()
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `OPSGRAPH_")}

    assert {f"OPSGRAPH_{name.upper()}" for name in Settings.model_fields} == rows.keys()
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, (int, float)):
            default = str(field.default).lower().removesuffix(".0")
            assert f"| `{default}` |" in rows[f"OPSGRAPH_{name.upper()}"]


def test_unknown_role(shell: Shell) -> None:
    """A role that does not exist is refused, and nothing is stored."""
    make_merchant(build().db)

    said = shell("token", "create", "x", "--role", "king")

    assert (1, "") == (said.code, said.out)
    assert "There is no role 'king'; there are: owner, analyst, support." in said.err
    assert [] == build().db.system_now(lambda session: list(session.scalars(select(ApiToken))))


@pytest.mark.parametrize(
    "arguments", [["serve"], ["merchant", "list"], ["keys", "rotate"], ["rebuild"], ["worker"]]
)
def test_commands_before_the_upgrade(empty_shell: Shell, arguments: list[str]) -> None:
    """A command that needs the database says how to bring it up to date."""
    said = empty_shell(*arguments)

    assert 1 == said.code
    assert "opsgraph db upgrade" in said.err
    assert 1 == said.err.count("\n")


def test_bad_keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed key is named by what is wrong with it, never by its text."""
    monkeypatch.setenv("OPSGRAPH_SECRET_KEYS", "k1:c2hvcnQ=")

    said = shell("keys", "rotate")

    assert (1, "opsgraph: Key 'k1' in secret_keys must be 32 bytes long.\n") == (
        said.code,
        said.err,
    )


def test_rebuild(shell: Shell) -> None:
    """`rebuild` makes the rollups of every merchant anew, and names them."""
    make_merchant(build().db)

    said = shell("rebuild")

    assert "Rebuilt sales_days, customer_stats, product_months for 1 merchant(s).\n" == said.out


def test_explain(shell: Shell) -> None:
    """`explain` prints level, plan, SQL, bound values and source; the role decides on masks."""
    merchant_id = make_merchant(build().db)
    query = "{ customers(first: 7) { nodes { nickname } } }"

    owner = shell("explain", query)
    analyst = shell("explain", query, "--role", "analyst")

    assert (0, 0) == (owner.code, analyst.code)
    assert owner.out.startswith("Level whole: ")
    assert "Statement 1 0 rows, " in owner.out
    for text in ("page of Customer: 1 values", 'SELECT t0."nickname" FROM "customers" t0',
                 f"values: ['{merchant_id}']", "LIMIT 8", "def answer("):  # fmt: skip
        assert text in owner.out
    assert ("'***'" in owner.out, "'***'" in analyst.out) == (False, True)


def test_explain_where_a_resolver_takes_part(shell: Shell) -> None:
    """What is not all compiled says so; errors of fields are printed below."""
    make_merchant(build().db)

    parts = shell("explain", "{ viewer { role } shops { totalCount } orders(first: -1) { asOf } }")

    assert (0, True) == (parts.code, parts.out.startswith("Level parts: "))
    assert "Error: first must be between 0 and 1000." in parts.out


def test_explain_of_files_and_standard_input(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query comes from a file or from standard input, too, with variables beside it."""
    merchant_id = make_merchant(build().db)
    query = "query Some($n: Int) { shops(first: $n) { nodes { name } } }"
    (tmp_path / "some.graphql").write_text(query)
    monkeypatch.setattr(sys, "stdin", io.StringIO(query))
    variables = ("--variables", '{"n": 4}')

    said = [shell("explain", each, *variables) for each in ("some.graphql", "-")]

    expected = f"values: ['{merchant_id}', '5']"
    assert [(0, True)] * 2 == [(each.code, expected in each.out) for each in said]


def test_explain_of_nodes(shell: Shell) -> None:
    """`explain` shows the statements behind `nodes` as well."""
    make_merchant(build().db)

    said = shell("explain", f'{{ nodes(ids: ["{global_id("Shop", 1)}"]) {{ id }} }}')

    assert "Statement 1" in said.out


def test_what_explain_refuses(shell: Shell) -> None:
    """What cannot be explained is one line on the error channel, and exit code 1."""
    make_merchant(build().db)
    viewer = "{ viewer { role } }"
    refused = {
        ('mutation { syncShop(input: {id: "x"}) { userErrors { code } } }',):
            "A mutation would be carried out: explain queries only.",
        ("{ orders { nothing } }",): "Cannot query field 'nothing' on type 'OrderConnection'.",
        ("{ orders",): "Syntax Error: Expected Name, found <EOF>.",
        (viewer, "--role", "king"): "There is no role 'king'; there are: owner, analyst, support.",
        (viewer, "--variables", "{"): "--variables must be a JSON object.",
        (viewer, "--variables", "[1]"): "--variables must be a JSON object.",
    }  # fmt: skip

    said = {arguments: shell("explain", *arguments) for arguments in refused}

    expected = {k: Said(1, "", f"opsgraph: {message}\n") for k, message in refused.items()}
    assert expected == said


@pytest.mark.parametrize(
    "query", ["nowhere.graphql", "query Some($n: Int!) { shops(first: $n) { asOf } }"]
)
def test_explain_of_what_is_missing(shell: Shell, query: str) -> None:
    """A file that is not there, and variables that do not fit, are refused in the same way."""
    make_merchant(build().db)

    said = shell("explain", query)

    assert (1, "", 1) == (said.code, said.out, said.err.count("\n"))


def test_as_a_program(tmp_path: Path) -> None:
    """`python -m core` is the same program: errors are one line and no traceback."""
    environment = os.environ | {"OPSGRAPH_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "core", "merchant", "list"]
    checkout = Path(__file__).parents[1]

    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("opsgraph: ")
    assert 1 == done.stderr.count("\n")


def test_what_a_plugin_uses_that_goes_away(
    empty_shell: Shell, distributions: Distributions
) -> None:
    """`opsgraph plugins` shows it, in the list and for the one plugin."""
    (distributions.folder / "wicks.py").write_text(
        "from core.published.deprecation import OldName, old_names\n"
        "__getattr__ = old_names(__name__, {'Wick': OldName('core.plugin:Job', '1.1', '2.0')})\n"
    )
    distributions.install("candles", "from wicks import Wick")

    said = [empty_shell("plugins").out]
    del sys.modules["candles"]  # the next command is a process of its own
    said.append(empty_shell("plugins", "candles").out)

    told = [" ".join(text.split()) for text in said]
    assert ["wicks.Wick is deprecated since plugin API 1.1" in text for text in told] == [True] * 2


def test_erasing_a_person(shell: Shell) -> None:
    """`person erase` shows what it would touch, and does it with `--yes`; ids come either way."""
    merchant_id = make_merchant(build().db)
    shop = make_shop(build().db, merchant_id)
    customer = {"id": 77, "shop_id": shop.id, "platform_id": "buyer-9", "nickname": "Lee"}
    row = Customer(merchant_id=merchant_id, **customer)
    build().db.run_now(merchant_id, lambda session: session.add(row))

    shown = shell("person", "erase", global_id("Customer", 77))
    kept = build().db.read_now(
        merchant_id, lambda session: session.get(Customer, (merchant_id, 77))
    )
    done = shell("person", "erase", "77", "--yes")
    unknown = shell("person", "erase", "78", "--yes")

    assert (0, 0, 1) == (shown.code, done.code, unknown.code)
    assert "Nothing was erased" in shown.out
    assert kept is not None
    assert "Erased. A later sync does not bring it back." in done.out
    left = build().db.read_now(merchant_id, lambda session: list(session.scalars(select(Customer))))
    assert [] == left
    assert "There is no such customer." in unknown.err
    for said in (shown, done):
        assert "customers" in said.out
        assert "Lee" not in said.out + said.err
        assert "buyer-9" not in said.out + said.err
