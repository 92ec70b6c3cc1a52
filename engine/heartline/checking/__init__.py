"""Checking a scenario without playing it: what is wrong, where, and how to mend it.

`codes` holds the stable codes and finds their pages. `lint` looks for faults in a scenario that
compiles; it draws on `flow` (the machine as a graph), `guards` (what guards can and cannot be),
`loops`, `branches` and `usage`. `patterns` says what a promise means, and `monitor` holds plays to
them, in the frames of `moments`. `report` writes findings as text with an excerpt, as JSON and as
SARIF.

`exploring` finds every configuration, `proving` says what they show, `comparing` holds two versions
of a scenario against each other, and `odds` works out chances. These need numpy and scipy.
"""
