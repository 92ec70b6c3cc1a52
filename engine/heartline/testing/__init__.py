"""Testing scenario files: tests beside a scenario, their runner, coverage, and mutation.

    form        the authored shape of a test file
    loading     a test file becomes cases, or sentences about what is wrong with it
    case        one test, ready to be run, and what came of it
    matching    what is expected, held against what came
    running     one case, played and judged

Nothing here is imported by what runs a conversation.
"""
