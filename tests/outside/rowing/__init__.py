"""A program of somebody else, which uses all that Heartline promises. It is checked, not run."""
