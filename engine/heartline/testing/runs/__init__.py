"""One case, played and judged.

planning        a case, ready to be run many times
player          the conversation that it is played on
running         it is played live, and again through its stored snapshots
matching        what is expected, held against what came; probe* are its single questions
scene, wording  what can be asked of a moment, and how it is said
transcript, failures   the story of a case that failed
"""
