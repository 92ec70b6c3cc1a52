"""Checking a scenario without playing it: what is wrong, where, and how to mend it.

`codes` holds the stable codes and finds their pages. `lint` looks for faults in a scenario that
compiles; it draws on `flow` (the machine as a graph), `guards` (what guards can and cannot be),
`loops`, `branches` and `usage`. `report` writes findings as text with an excerpt, as JSON and as
SARIF.
"""
