"""Two versions of a scenario, held against each other.

`difference` finds the conversations that are possible in one of them only, `migration` proves that
every conversation of the old one goes on in the new one and can come to an end there.
"""
