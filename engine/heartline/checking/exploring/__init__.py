"""Every configuration that a scenario can come to, found with arrays instead of one by one.

`graph` is what comes out. `explorer` finds it, with `layout` (a configuration as one or two
numbers), `table` (which of them are known), `clocks` (what running timers allow), and `vectors`
(expressions over columns of values).
"""
