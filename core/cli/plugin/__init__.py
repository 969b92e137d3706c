"""`opsgraph plugin …` and `opsgraph plugins`: see, switch, make, check and weigh plugins."""

from core.cli.plugin import listing, new, switching

COMMANDS = (
    *listing.COMMANDS,
    *new.COMMANDS,
    *switching.COMMANDS,
)
