"""Many test files in one go: which tests are wanted, how they are run, what is told of them.

session, workers     files are run, in this process or in several
selecting            -k
telling, junit       what came of them, for people and for build servers
updating, rewriting  lines that are said otherwise now
"""
