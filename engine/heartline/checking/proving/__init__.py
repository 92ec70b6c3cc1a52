"""What the graph of a scenario proves.

`paths` finds shortest ways, `promises` decides what the author promised, `findings` what nobody
had to ask for, and `witness` lets the runtime play a way, so that nothing is called broken which
does not break.
"""
