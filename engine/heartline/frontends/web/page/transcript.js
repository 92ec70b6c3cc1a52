// What has been said, as it grows. A screen reader reads out what is added, but not what was there
// when the page was opened.

import { el, words } from "./dom.js";
import { time } from "./spans.js";

const PAUSE = 60 * 60 * 1000; // milliseconds after which it is said when something happened

const NOTES = {
  undone: "The last step was taken back. It goes on from here:",
  migrated: "The conversation goes on in a newer version.",
  forked: "It begins anew from here:",
  closed: "The conversation was ended from outside.",
};

export class Transcript {
  #when = 0;
  #coming = null; // the first of the entries that are brought into sight next
  #pressed = false;

  /** `role` is whose page this is, `seat` what says so where it needs saying. */
  constructor(role, { title, language }, seat) {
    this.role = role;
    this.lang = language;
    this.spoken = false;
    this.list = el("div", {
      role: "log", "aria-label": "What has been said", "aria-live": "off", class: "log",
    });
    this.silence = el("p", { class: "hint" });
    this.element = el("section", { "aria-labelledby": "title" },
      words(title, language, "h1", { id: "title" }),
      seat ? el("p", { class: "hint" }, seat) : null, this.list, this.silence);
  }

  /** All that had been said is there; from now on what is added is read out. */
  speak() {
    this.spoken = true;
    if (!this.list.childElementCount) this.silence.textContent = "Nothing has been said yet.";
    if (this.list.childElementCount > 1) this.list.lastChild.scrollIntoView({ block: "nearest" });
    this.list.setAttribute("aria-live", "polite");
  }

  /** An entry of the log. It is scrolled to where `pressed` says that somebody waits for it, or
   * where the end was in sight; whoever reads further up is left there. */
  add(happened, pressed = false) {
    const note = NOTES[happened.kind];
    if (!note && !happened.lines.length) return;
    const at = Date.parse(happened.at);
    const entry = el("div", { class: "entry", "data-sequence": happened.sequence },
      Math.abs(at - this.#when) < PAUSE ? null
        : el("p", { class: "when" }, time(happened.at)),
      note ? el("p", { class: "note" }, note) : null,
      happened.lines.map((line) => this.#line(line)));
    this.#when = at;
    if (this.spoken) this.#bringIntoSight(entry, pressed);
    this.silence.textContent = "";
    this.list.append(entry);
  }

  /** Once for all that come together: what is measured for each would take longer than all else. */
  #bringIntoSight(entry, pressed) {
    this.#pressed ||= pressed;
    if (this.#coming) return;
    this.#coming = entry;
    const inSight = this.#endInSight();
    requestAnimationFrame(() => {
      if (inSight || this.#pressed) this.#coming.scrollIntoView({ block: "nearest", behavior: behaviour() });
      this.#coming = null;
      this.#pressed = false;
    });
  }

  #endInSight() {
    const { bottom } = this.list.getBoundingClientRect();
    return bottom > 0 && bottom < innerHeight;
  }

  #line(line) {
    const mine = line.speaker === this.role;
    const kind = mine ? "mine" : line.speaker === "narrator" ? "narrator" : "theirs";
    return el("p", { class: `line ${kind}` },
      line.name ? words(line.name, this.lang, "b", { class: "name" }) : null,
      line.name ? el("span", { class: "unseen" }, ": ") : null,
      words(line.text, this.lang, "span", { class: "text" }),
      line.only_to ? el("small", { class: "private" }, " Only you are told this.") : null);
  }
}

function behaviour() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
