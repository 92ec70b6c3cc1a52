// The same machine in XState: `setup` with guards and `assign`, driven through `actor.send`.
//
// The states are those of flatmates.xstate.json. The clock is XState's simulated one, so the
// week's end is its own `after`. Each send makes a new snapshot. It knows no text.
import { readFileSync } from "node:fs";
import { SimulatedClock, assign, createActor, setup } from "xstate";
import { serve } from "./worker.mjs";

const WEEK = 7 * 24 * 60 * 60 * 1000;
const within = (low, high, value) => Math.max(low, Math.min(high, value));
const heat = (by) => ({ context }) => within(0, 4, context.heat + by);
const trust = (by) => ({ context }) => within(0, 6, context.trust + by);
const heard = (by) => ({ context }) => within(0, 3, context.heard + by);

const config = JSON.parse(readFileSync(new URL("./flatmates.xstate.json", import.meta.url)));
const machine = setup({
  guards: {
    can_reflect: ({ context }) => context.heard < 3,
    was_heard: ({ context }) => context.heard >= 2,
    can_shout: ({ context }) => context.heat < 4,
    trusts_you: ({ context }) => context.trust >= 3,
    trusts_a_little: ({ context }) => context.trust >= 2,
    can_write: ({ context }) => context.pause && context.trust >= 1,
    can_extend: ({ context }) => context.extended < 1,
    did_share: ({ context }) => context.kept >= 2,
  },
  actions: {
    hear: assign({ heard: heard(1) }),
    heat_up: assign({ heat: heat(1) }),
    calm: assign({ heat: heat(-1) }),
    trust_more: assign({ trust: trust(1) }),
    trust_less: assign({ trust: trust(-1) }),
    excuse: assign({ heat: heat(2), heard: heard(-1) }),
    slip: assign({ trust: trust(-2), heat: heat(1) }),
    keep: assign({ kept: ({ context }) => within(0, 3, context.kept + 1) }),
    extend_once: assign({ extended: ({ context }) => within(0, 1, context.extended + 1) }),
    start_pause: assign({ pause: true }),
    end_pause: assign({ pause: false, trust: trust(1) }),
    start_over: assign({ heard: 0, heat: 1, trust: 2, kept: 0, extended: 0 }),
  },
}).createMachine(config);

serve((events) => {
  const clock = new SimulatedClock();
  const actor = createActor(machine, { clock });
  actor.start();
  const prepared = new Map(events.map((type) => [type, { type }]));
  const send = (event) => {
    if (event === "pause_over") clock.increment(WEEK);
    else actor.send(prepared.get(event));
  };
  const visit = () =>
    events.map((event) => {
      send(event);
      return actor.getSnapshot().value;
    });
  return { send, visit };
});
