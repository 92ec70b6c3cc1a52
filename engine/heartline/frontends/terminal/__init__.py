"""The terminal: a person plays a scenario line by line, or a program does through a pipe.

`session` is the player as a pure value machine: typed lines in, outputs out. `render` and
`jsonlines` turn outputs into text and into JSON, `saving` keeps conversations in files,
`questions` asks for the inputs of a scenario, `sources` says where lines come from, and `player`
ties them together; it is the only one that reads and writes.

`hosted` is the player of a conversation that a host keeps in a store. It takes lines from
`keyboard` while other things happen; `standing` knows what has been shown, and `meanwhile` tells
what came after.
"""
