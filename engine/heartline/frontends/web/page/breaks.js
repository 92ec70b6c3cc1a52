// What runs out, and how much of it is left, in steps that leave one in peace. The time is the
// server's: a device whose clock is wrong counts down as well as any.

import { el, words } from "./dom.js";
import { left, time } from "./spans.js";

const OFTEN = 1000;
const SELDOM = 15_000; // milliseconds; while there is more than a quarter of an hour

export class Breaks {
  #deadlines = [];
  #timer = 0;

  /** `over` is called when something should have run out a moment ago, and nothing was heard. */
  constructor(over) {
    this.over = over;
    this.element = el("section", { "aria-labelledby": "breaks", hidden: true },
      el("h2", { id: "breaks" }, "What is running"));
    this.woken = () => document.visibilityState === "visible" && this.#tell();
    document.addEventListener("visibilitychange", this.woken);
  }

  /** The deadlines of a turn, whose titles are in `lang`, with how fast time passes on the server's
   * clock. */
  set(deadlines, lang, speed = 1) {
    const now = Date.now();
    this.speed = speed;
    this.#deadlines = deadlines.map((each) => ({
      ...each, ends: now + (each.left / speed) * 1000, shown: el("span", { class: "left" }), asked: false,
    }));
    const rows = this.#deadlines.map((each) => el("p", { class: "break" },
      words(each.title, lang, "b"), ": ", each.shown,
      el("span", { class: "until" }, " (until ", time(each.due), ")")));
    this.element.replaceChildren(this.element.firstChild, ...rows);
    this.element.hidden = rows.length === 0;
    this.#tell();
  }

  stop() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.woken);
  }

  #tell() {
    clearTimeout(this.#timer);
    if (!this.#deadlines.length) return;
    let least = Infinity;
    for (const each of this.#deadlines) {
      const seconds = ((each.ends - Date.now()) / 1000) * this.speed;
      const text = `${left(seconds)} left`;
      if (each.shown.textContent !== text) each.shown.textContent = text;
      if (seconds < -3 * this.speed && !each.asked) {
        each.asked = true;
        this.over();
      }
      if (!each.asked) least = Math.min(least, seconds / this.speed);
    }
    if (least < Infinity) this.#timer = setTimeout(() => this.#tell(), least > 900 ? SELDOM : OFTEN);
  }
}
