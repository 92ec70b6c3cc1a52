// A conversation on the screen. What has been said comes from the log alone, entry by entry, so
// that nothing is lost or shown twice; what can be done now comes from the conversation's view.

import { ask, newKey, Refusal, Unreachable } from "./api.js";
import { Breaks } from "./breaks.js";
import { Choosing } from "./choosing.js";
import { button, el, focus, paragraphs, show, state, words } from "./dom.js";
import { Following } from "./following.js";
import { forget, setWaiting, waiting } from "./keeping.js";
import { Menu } from "./menu.js";
import { Pause } from "./pausing.js";
import { readable } from "./spans.js";
import { Transcript } from "./transcript.js";

const LOST = "The line to the server is down. The page tries again by itself; nothing is lost.";
const BUSY = "The server cannot do that just now. The page tries again by itself; nothing is lost.";
export const GONE = "That conversation is no longer there: it was deleted, or somebody else has the seat now.";
const UNSENT = "Your answer has not arrived yet. The page sends it again by itself, and it counts once.";

export class Conversation {
  #view = null;
  #pressed = null;
  #refreshing = null;

  /** `token` is this person's way in; `leave` is called with a sentence when it has ended. */
  constructor(token, leave) {
    this.token = token;
    this.leave = leave;
    this.choosing = new Choosing((choice) => this.press({ choose: choice.id }));
    this.breaks = new Breaks(() => this.#overdue());
    this.following = new Following(token, {
      heard: (happened) => this.#heard(happened),
      stands: (how, reason) => this.#stands(how, reason),
    });
  }

  /** Read where it stands and show it. Raises Refusal where there is no such conversation. */
  async open() {
    const view = await this.#persistent(() => ask("GET", "conversation", { token: this.token }));
    if (this.closed) return;
    this.transcript = new Transcript(view.role, view.scenario, seat(view));
    this.end = el("section", { class: "end", hidden: true, "aria-labelledby": "end" });
    this.support = el("div");
    this.undo = button("Take the last step back", () => this.press({}, "conversation/undo"), { hidden: true });
    show(this.transcript.element, this.end, this.breaks.element, this.choosing.element, this.support,
      el("p", { class: "row" }, this.undo), new Menu(this.token, view, this.leave).element);
    await this.#settle(view);
    this.transcript.speak();
    document.addEventListener("visibilitychange", seen);
    this.following.start();
    this.#pressed = waiting(this.token);
    if (this.#pressed) this.#send();
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", seen);
    this.following.stop();
    this.breaks.stop();
    state("");
  }

  /** Send an input. It has a key, so that sending it again does it once. */
  press(body, path = "conversation/inputs") {
    if (this.#pressed || this.closed) return;
    this.#pressed = { path, body, key: newKey(), turn: this.#view.turn.number };
    setWaiting(this.token, this.#pressed);
    this.choosing.refuse("");
    state("");
    this.#send();
  }

  async #send() {
    const { path, body, key, turn } = this.#pressed;
    this.choosing.busy(body.choose ?? "");
    const headers = { "Idempotency-Key": key, "If-Match": `"${turn}"` };
    let view = null;
    try {
      view = await this.#persistent(() => ask("POST", path, { token: this.token, body, headers }), UNSENT);
    } catch (error) {
      if (this.closed) return;
      if (!(error instanceof Refusal)) throw error;
      if (error.gone) return this.#lost(error);
      view = this.#refused(error);
    }
    if (this.closed) return;
    this.#pressed = null;
    setWaiting(this.token, null);
    this.choosing.busy(null);
    if (view) await this.#settle(view);
    if (!view || this.following.last > this.#view.sequence) await this.#refresh();
    if (this.#view?.status === "live") this.following.start();
  }

  /** Say why it was not done; gives where the conversation stands, if that was told. */
  #refused(refusal) {
    const moved = refusal.code === "stale_turn" || refusal.status === 412;
    this.#why = moved
      ? "The conversation has moved on in between, so that was not taken. Look at what it says now."
      : refusal.message;
    return refusal.problem.conversation ?? null;
  }

  #why = "";

  #heard(happened) {
    this.transcript.add(happened, this.#pressed !== null);
    if (this.transcript.spoken && document.hidden) document.title = "(new) Conversation";
    if (this.#pressed) return; // the answer says how things are
    if (this.#view && happened.sequence > this.#view.sequence) this.#refresh();
  }

  /** Read the view anew, once for however many entries came at the same time. */
  #refresh() {
    this.#refreshing ??= this.#persistent(async () => {
      await new Promise((resolve) => setTimeout(resolve));
      this.#refreshing = null;
      const view = await ask("GET", "conversation", { token: this.token });
      if (!this.closed) await this.#settle(view);
    }).catch((error) => this.#lost(error));
    return this.#refreshing;
  }

  /** Show where it stands, but first what was said until then. */
  async #settle(view) {
    if (this.#view && view.sequence < this.#view.sequence) return;
    await this.#persistent(() => this.following.catchUp(view.sequence));
    if (this.closed || (this.#view && view.sequence < this.#view.sequence)) return;
    this.#view = view;
    this.#render(view);
  }

  #render({ scenario, turn, status, can_undo, speed, roles }) {
    const lang = scenario.language;
    const live = status === "live";
    this.choosing.set(live ? turn.choices : [], lang, live ? hint(turn, roles) : "", `${turn.number}`);
    this.choosing.element.hidden = !live;
    this.breaks.set(live ? turn.deadlines : [], lang, speed);
    if (!can_undo && document.activeElement === this.undo) focus(this.choosing.heading);
    this.undo.hidden = !can_undo;
    this.#support(turn.support, lang);
    if (this.#why) {
      this.choosing.refuse(this.#why);
      this.#why = "";
    }
    const ended = !live && this.end.hidden;
    this.end.hidden = live;
    if (ended) {
      const how = turn.outcome ? ["It ended so: ", words(readable(turn.outcome), lang), "."] : "It was ended from outside.";
      this.end.replaceChildren(el("h2", { id: "end" }, "The conversation is over"),
        el("p", {}, how), el("p", { class: "row" }, button("Begin another one", () => this.leave(""))));
      focus(this.end.querySelector("h2"));
    }
  }

  #support(text, lang) {
    if (this.support.dataset.text === (text ?? "")) return;
    this.support.dataset.text = text ?? "";
    this.support.replaceChildren(...(text
      ? [el("details", { class: "support" }, el("summary", {}, "If this is too close: where help is"),
        ...paragraphs(text, lang))]
      : []));
  }

  /** A break should have ended and nothing was heard: ask for it. */
  async #overdue() {
    try {
      await ask("POST", "conversation/inputs", { token: this.token, body: { tick: true } });
    } catch {
      // whatever stood in the way, reading anew says how things are
    }
    if (!this.closed) this.#refresh();
  }

  /** Do something until the server has answered, with growing pauses. */
  async #persistent(act, sentence = LOST) {
    const pause = new Pause();
    let troubled = false;
    for (;;) {
      try {
        const result = await act();
        if (troubled) state("");
        return result;
      } catch (error) {
        if (!(error instanceof Unreachable) || this.closed) throw error;
        troubled = true;
        state(error.busy && sentence === LOST ? BUSY : sentence);
        await pause.wait(error.pause);
      }
    }
  }

  #stands(how, reason) {
    if (how === "gone" || reason instanceof Refusal) this.#lost(reason);
    else if (how === "lost") state(this.#pressed ? UNSENT : reason.busy ? BUSY : LOST);
    else {
      state("");
      if (this.#view && this.#view.status !== "live") this.following.stop();
    }
  }

  /** This cannot go on: the conversation is gone, or the server refuses for a reason of its own. */
  #lost(error) {
    if (this.closed) return;
    if (!(error instanceof Refusal)) throw error;
    if (!error.gone) {
      state(`The server does not let this page go on: ${error.message}`);
      return;
    }
    setWaiting(this.token, null);
    forget(this.token);
    this.leave(GONE);
  }
}

/** Who this person is, where that is not the one whose story it is: the first of the cast. */
function seat({ role, roles, scenario }) {
  const { name } = roles.find((each) => each.id === role);
  return roles[0].id === role ? null : ["You play ", words(name, scenario.language), "."];
}

function hint(turn, roles) {
  if (turn.choices.length) return "";
  if (turn.deadlines.length) {
    return "There is nothing to say now. This page wakes when the time is up; it may be closed until then.";
  }
  const others = roles.filter((each) => !each.engine).length > 1;
  return `${others ? "It is somebody else's turn." : "There is nothing to say now."} This page wakes when something happens.`;
}

/** Nothing is new to who looks at the page. */
function seen() {
  if (!document.hidden) document.title = "Conversation";
}
