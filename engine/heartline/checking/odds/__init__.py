"""The exact chances of a scenario: `heartline odds`.

policies    how persons play: weights of choices, and a file that says what they do where (no numpy)
sorting     the part of a graph that is played, sorted so that each move leads back or round
solving     systems of equations, where moves lead round
chances     how plays end, how many turns and how much time they take, if persons play so
bests       the best and the worst that persons can do
deciding    the policy that does it, as a short table
odds        all of it together
oddsreport  the same for people and for programs
"""
