"""`opsgraph plugin …` and `opsgraph plugins`: see, switch, make, check and weigh plugins."""

from core.cli.plugin import check, impact, install, listing, new, revision, switching

COMMANDS = (
    *check.COMMANDS,
    *listing.COMMANDS,
    *new.COMMANDS,
    *revision.COMMANDS,
    *switching.COMMANDS,
    *impact.COMMANDS,
    *install.COMMANDS,
)
