"""Checking a scenario without playing it: what is wrong, where, and how to mend it.

    codes    the stable codes, and their pages in docs/diagnostics
    values   what guards can and cannot be, decided over the declared values
    flow     the compiled machine as a graph of leaves
    lint     findings about flow, names and timers in a scenario that compiles
    report   findings as text with an excerpt, as JSON and as SARIF
"""
