"""Renews `published.txt`: `python -m tests.plugin_api`; at a release with `--release`."""

import sys

from tests.plugin_api.snapshot import committed, complaint, current, write


def main(arguments: list[str]) -> str | None:
    """Write the snapshot; what is wrong if the version of the plugin API has to move first."""
    now = current()
    wrong = complaint(committed("released"), now)
    if wrong:
        return wrong
    write("published", now)
    if "--release" in arguments:
        write("released", now)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
