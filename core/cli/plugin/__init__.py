"""`opsgraph plugin …` and `opsgraph plugins`: see, switch, make, check and weigh plugins."""

from core.cli.plugin import listing, switching

COMMANDS = (
    *listing.COMMANDS,
    *switching.COMMANDS,
)
