"""Builds GraphiQL from npm packages into core/http/assets, for `make assets` and for the wheel.

Standard library only: it runs before anything is installed. It leaves nothing but the assets
behind, since npm works on a copy in a temporary folder. Without npm, or when npm fails, it says so
and succeeds: the gateway then shows its plain page. `--require` makes that a failure.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
STATIC = SOURCES.parent / "static"
ASSETS = SOURCES.parent / "assets"
INPUTS = (
    *(SOURCES / name for name in (".npmrc", "package.json", "package-lock.json", "main.js")),
    STATIC / "token.js",
    Path(__file__).resolve(),
)
STAMP = "stamp.txt"
NPM_SECONDS = 300


class BuildError(Exception):
    """npm is missing or failed; the message says which."""


def hash_inputs() -> str:
    digest = hashlib.sha256()
    for path in INPUTS:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_built(stamp: str) -> bool:
    written = ASSETS / STAMP
    return written.is_file() and written.read_text() == stamp


def run_npm(npm: str, folder: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603  (npm, from the PATH)
            [npm, *arguments], cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"npm {arguments[0]}: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line and "npm warn" not in line]
        raise BuildError(f"npm {' '.join(arguments)} failed: {' / '.join(lines[:3])}")


def bundle(npm: str, folder: Path) -> dict[str, str]:
    """The files to serve, by name, built in `folder`."""
    work = folder / SOURCES.name
    shutil.copytree(SOURCES, work, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(STATIC, folder / STATIC.name)
    run_npm(npm, work, "ci")
    run_npm(npm, work, "run", "bundle")
    script, style = (
        (work / "out" / f"graphiql.{kind}").read_text("utf-8") for kind in ("js", "css")
    )
    return {
        "graphiql.js": script,
        # Its fonts are most of it, and their licence texts are missing: the system's fonts will do.
        "graphiql.css": re.sub(r"@font-face\{[^}]*\}", "", style),
        "licences.txt": collect_licences(work),
    }


def collect_licences(work: Path) -> str:
    """The licence texts of every package in the bundle: they ask to travel with each copy."""
    inputs = json.loads((work / "out" / "meta.json").read_text("utf-8"))["inputs"]
    packages = {find_package(Path(name)) for name in inputs if "node_modules/" in name}
    return "\n\n".join(describe_licence(work / package) for package in sorted(packages))


def find_package(path: Path) -> Path:
    """`node_modules/@scope/name/dist/x.js` belongs to `node_modules/@scope/name`."""
    parts = path.parts
    start = len(parts) - parts[::-1].index("node_modules")
    return Path(*parts[: start + (2 if parts[start].startswith("@") else 1)])


def describe_licence(package: Path) -> str:
    about = json.loads((package / "package.json").read_text("utf-8"))
    texts = [
        path.read_text("utf-8").strip()
        for path in sorted(package.iterdir())
        if path.name.lower().startswith(("license", "licence", "notice"))
    ]
    return "\n\n".join([f"=== {about['name']} {about['version']} ({about['license']})", *texts])


def publish(files: dict[str, str]) -> None:
    """Each file appears whole, the stamp last: whoever reads meanwhile never sees half a file."""
    ASSETS.mkdir(exist_ok=True)
    for name, text in files.items():
        part = ASSETS / f".{name}.{os.getpid()}"
        part.write_text(text, "utf-8", newline="")
        part.replace(ASSETS / name)


def build() -> str:
    """What was done, in a line for the person who ran it."""
    stamp = hash_inputs()
    if is_built(stamp):
        return f"up to date in {ASSETS}"
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError("npm not found")
    with tempfile.TemporaryDirectory(prefix="opsgraph-graphiql-") as folder:
        files = bundle(npm, Path(folder))
    publish(files | {STAMP: stamp})
    return f"built in {ASSETS} ({sum(map(len, files.values())) / 1e6:.1f} MB)"


def main() -> int:
    try:
        line, failed = build(), False
    except (BuildError, OSError) as error:
        shown = "the assets of an earlier build" if (ASSETS / STAMP).is_file() else "its plain page"
        line, failed = f"not built ({error}); the gateway shows {shown}", True
    print(f"GraphiQL: {line}")  # noqa: T201
    return 1 if failed and "--require" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
