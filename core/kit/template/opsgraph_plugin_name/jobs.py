"""The job that looks for products below the floor, and the setting that says where it is."""

from datetime import timedelta

from core.plugin import Job, PluginContext, PluginSettings
from pydantic import Field

from opsgraph_plugin_name import repository


class Settings(PluginSettings):
    floor: int = Field(500, ge=0, description="The floor in minor units.")


def flag(context: PluginContext) -> None:
    floor, today = context.settings.floor, context.now.date()
    context.run(lambda session: repository.flag(session, floor, today))


FLAG = Job("plugin_name.flag", "Flag what sells too low.", timedelta(hours=6), flag)
