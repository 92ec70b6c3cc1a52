"""Where tests come from: they are written, recorded and generated.

yamlout, writing, adding   tests as YAML that people like to read
recording                  what was played becomes a test
reaching, choosing, generating   the fewest walks that take every transition
"""
