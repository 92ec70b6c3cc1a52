"""Test files: their authored shape, and how they are found, read and checked.

form, values, schema     the shape of a file
finding, loading         files are found, and become cases
table, chains            rows of a table, and tests that start where others end
checks, faults           what is wrong with a file, in sentences
"""
