"""A Model Context Protocol server: an assistant plays a scenario with a person, or for one.

    server    tools and resources, on the official SDK
    serving   on standard input and output, or over HTTP on this machine

docs/mcp.md says how an assistant is told of it.
"""
