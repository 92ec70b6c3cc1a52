// The models of benchmarks/models.py as machines of XState, and the time of its getShortestPaths,
// which is what @xstate/graph was until XState 5 took it in as xstate/graph.
//
// The description comes in as JSON. What goes out: how many states were found (it tells them apart
// by value and context), how far the furthest is from the beginning, and the seconds: of the
// processor or of the clock on the wall, whichever are less, as node's compiler and collector have
// threads of their own.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { assign, createMachine } from "xstate";
import { getShortestPaths } from "xstate/graph";

const model = JSON.parse(readFileSync(0, "utf8"));
const tops = Object.fromEntries(model.numbers.map(({ name, top }) => [name, top]));

const tests = {
  "==": (name, value) => (context) => context[name] === value,
  "!=": (name, value) => (context) => context[name] !== value,
  ">=": (name, value) => (context) => context[name] >= value,
  "<=": (name, value) => (context) => context[name] <= value,
};
const changes = {
  "=": (name, value) => () => value,
  "+=": (name, value) => ({ context }) => Math.min(tops[name], context[name] + value),
  "-=": (name, value) => ({ context }) => Math.max(0, context[name] - value),
};

const holds = (when) => {
  const each = when.map(({ name, op, value }) => tests[op](name, value));
  if (each.length === 0) return () => true;
  if (each.length === 1) return each[0];
  return (context) => each.every((test) => test(context));
};

// A person can choose only where the engine has nothing to draw.
const guard = (leaf, choice) => {
  const own = holds(choice.when ?? []);
  const drawn = leaf.choices.filter((each) => each.engine && each.weight > 0);
  if (choice.engine || drawn.length === 0) return ({ context }) => own(context);
  const open = drawn.map((each) => holds(each.when));
  return ({ context }) => own(context) && !open.some((test) => test(context));
};

const transition = (way, guarded) => ({
  target: way.to,
  ...(guarded && { guard: guarded }),
  ...(way.do.length > 0 && {
    actions: assign(
      Object.fromEntries(way.do.map(({ name, op, value }) => [name, changes[op](name, value)])),
    ),
  }),
});

const state = (leaf) => {
  // Of an end nothing counts but where it is.
  const nothing = Object.fromEntries(model.numbers.map(({ name }) => [name, 0]));
  if (leaf.final) return { type: "final", entry: assign(nothing) };
  const always = leaf.always.map((way) => {
    const open = holds(way.when);
    return transition(way, way.when.length > 0 && (({ context }) => open(context)));
  });
  const on = Object.fromEntries(
    leaf.choices.map((choice) => [
      choice.id,
      transition(
        choice,
        (choice.when.length > 0 || leaf.choices.some((each) => each.engine)) &&
          guard(leaf, choice),
      ),
    ]),
  );
  return { always, on };
};

const machine = createMachine({
  initial: model.leaves[0].name,
  context: Object.fromEntries(model.numbers.map(({ name, initial }) => [name, initial])),
  states: Object.fromEntries(model.leaves.map((leaf) => [leaf.name, state(leaf)])),
});

const [begun, worked] = [performance.now(), process.cpuUsage()];
const paths = getShortestPaths(machine);
const passed = (performance.now() - begun) / 1e3;
const { user, system } = process.cpuUsage(worked);
const seconds = Math.min(passed, (user + system) / 1e6);
const deepest = paths.reduce((most, path) => Math.max(most, path.weight), 0);
console.log(JSON.stringify({ states: paths.length, deepest, seconds }));
