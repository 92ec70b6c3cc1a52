"""SPIN on the graph of a scenario as it was found: it walks along the moves, from node to node.

There is no Promela for timers, histories and visits that would not be our own work once more, so
the flagship is given to SPIN as a graph: its one variable is the number of a node, and the moves
lie in a file that C code reads. What that says: every configuration can be reached by the moves of
the graph, and SPIN stores exactly as many states. What it does not say: SPIN has no guards to ask
and no actions to do here, its state is four bytes, and what it needs was found by us; so its time
is that of keeping a set of states, and no more than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers.spin import FLAGS, Search, Spin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.checking.exploring.graph import Graph

__all__ = ["walk"]

_FILE = "graph.bin"

_PROGRAM = """\
c_decl {{
\\#include <stdio.h>
\\#include <stdlib.h>
static long long *first;
static int *target;
__attribute__((constructor)) static void read_graph(void) {{
    FILE *file = fopen("{file}", "rb");
    first = malloc({nodes} * sizeof(long long) + sizeof(long long));
    target = malloc({moves} * sizeof(int));
    if (!file || fread(first, sizeof(long long), {nodes} + 1, file) != {nodes} + 1
        || fread(target, sizeof(int), {moves}, file) != {moves}) exit(2);
    fclose(file);
}}
}}
int node = {start};
active proctype walk() {{
end: do
{options}
od
}}
"""
_OPTION = (
    "  :: d_step {{ c_expr {{ first[now.node] + {n} < first[now.node + 1] }}; "
    "c_code {{ now.node = target[first[now.node] + {n}]; }} }}"
)


def walk(graph: Graph, flags: Sequence[str] = FLAGS) -> Search:
    """Have SPIN store every node that it can reach; its `states` are nodes."""
    source, content, start = program(graph)
    with Spin(source, len(graph), {_FILE: content}, flags) as spin:
        found = spin.search()
    if start < len(graph):
        return found
    # One more is where nothing has begun: SPIN starts in one place, a scenario in several.
    return Search(found.states - 1, found.transitions, found.seconds, found.megabytes)


def program(graph: Graph) -> tuple[str, bytes, int]:
    """The program, what is in the file of moves, and the node where it starts."""
    first = np.asarray(graph.first, dtype=np.int64)
    target = np.asarray(graph.target, dtype=np.int32)
    begun = sorted({root.node for root in graph.roots})
    start = begun[0]
    if len(begun) > 1:
        start = len(graph)
        first = np.append(first, first[-1] + len(begun))
        target = np.append(target, np.array(begun, dtype=np.int32))
    most = int(np.diff(first).max())
    source = _PROGRAM.format(
        file=_FILE,
        nodes=len(first) - 1,
        moves=len(target),
        start=start,
        options="\n".join(_OPTION.format(n=n) for n in range(most)),
    )
    return source, first.tobytes() + target.tobytes(), start
