"""The same machine in the languages of the peers, one room each.

Each room gives a function without arguments that builds a contender (`harness.Contender`), and
imports its library inside itself, so that a peer that is not installed costs only its own row.
"""
