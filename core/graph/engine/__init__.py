"""Compiles what a request selects of declared types into SQL, and answers from its rows.

`docs/read-engine.md` explains the engine in ten minutes. In short:
`operation` parses, validates and remembers documents, `planner` turns a selection into a tree of
SELECTs and the Python source that builds the answer from their rows, `asking` reads arguments,
`sql` writes the statement for what is asked, `executor` puts compiled parts into an ordinary
graphql-core execution where resolvers take part.
"""
