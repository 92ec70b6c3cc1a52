"""What tests have covered of a scenario, and what they have not.

points      what there is to be covered
decisions   the clauses of a guard, and which of them decides
recorder    noting what plays meet
"""
