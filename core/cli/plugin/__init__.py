"""`opsgraph plugin …` and `opsgraph plugins`: see, switch, make, check and weigh plugins."""

from core.cli.plugin import impact, install, listing, new, revision, switching

COMMANDS = (
    *listing.COMMANDS,
    *new.COMMANDS,
    *revision.COMMANDS,
    *switching.COMMANDS,
    *impact.COMMANDS,
    *install.COMMANDS,
)
