"""Random plays, many of them: `heartline simulate`.

walking      one walk after another, by weight
simulating   what they come to
simreport    the same for people and for programs
"""
