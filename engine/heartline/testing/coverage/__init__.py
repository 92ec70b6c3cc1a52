"""What tests have covered of a scenario, and what they have not.

points      what there is to be covered
decisions   the clauses of a guard, and which of them decides
recorder    noting what plays meet
results     what was met, added up, by kind and by line
table, pages, lcov, data    told in a terminal, as HTML, to editors, to programs
wanted      which of these somebody asks for, and how much is enough
"""
