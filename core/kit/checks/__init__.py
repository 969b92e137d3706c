"""What a plugin is checked for, in the order in which it is told."""

from core.kit.checks import answers, migrations, names, personal, schema, sources, start, tables
from core.kit.findings import Check

CHECKS = (
    Check("API range", sources.api_range),
    Check("imports", sources.imports),
    Check("start-up", start.start_up),
    Check("names", names.names),
    Check("descriptions", schema.descriptions),
    Check("permissions", schema.permissions),
    Check("bounded lists", schema.bounded_lists),
    Check("tables", tables.tables),
    Check("migrations on SQLite", migrations.on_sqlite),
    Check("migrations on PostgreSQL", migrations.on_postgresql),
    Check("answers", answers.answers),
    Check("statements", answers.statements),
    Check("leaks", answers.leaks),
    Check("personal data", personal.personal_data),
)
