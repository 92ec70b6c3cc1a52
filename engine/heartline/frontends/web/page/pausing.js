// Waiting until something is worth another try: a growing pause, cut short when the device wakes.

const FIRST = 1000;
const LONGEST = 30_000; // milliseconds

const sleepers = new Set();

/** Pauses that grow, each a little random, so that a thousand pages do not come back at once. */
export class Pause {
  #next = FIRST;

  /** What went well: the next pause is a short one again. */
  reset() {
    this.#next = FIRST;
  }

  /** Wait, for `least` seconds at least; or until the device is back. */
  async wait(least = 0) {
    const length = Math.max(this.#next * (0.8 + 0.4 * Math.random()), least * 1000);
    this.#next = Math.min(this.#next * 2, LONGEST);
    await slept(length, least > 0);
  }
}

function slept(length, soundly) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      sleepers.delete(done);
      resolve();
    };
    const timer = setTimeout(done, length);
    if (!soundly) sleepers.add(done);
  });
}

function awake() {
  for (const done of [...sleepers]) done();
}

addEventListener("online", awake);
addEventListener("pageshow", awake);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && awake());
