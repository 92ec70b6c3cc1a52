// What can be said now: buttons, in a list. A closed one can be reached like the others, and says
// in words why it is closed.

import { button, el, focus, state, words } from "./dom.js";

export class Choosing {
  #shown = "";
  #told = false; // whether the line at the foot speaks of a closed choice of this turn
  #sent = null; // the choice whose press is on its way

  /** `take` is called with a choice that was pressed. */
  constructor(take) {
    this.take = take;
    this.heading = el("h2", { id: "choices", tabindex: "-1" }, "What now?");
    this.hint = el("p", { class: "hint" });
    // A list without signs is none to some screen readers unless it says so.
    this.list = el("ol", { class: "choices", role: "list" });
    this.why = el("p", { class: "why", role: "alert" });
    this.element = el("section", { "aria-labelledby": "choices", onkeydown: (event) => this.#digit(event) },
      this.heading, this.why, this.hint, this.list);
  }

  /** Show the choices of a turn, whose words are in `lang`; `hint` stands in their place where there
   * are none. */
  set(choices, lang, hint, turn) {
    const shown = JSON.stringify([choices, hint, turn]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const inside = this.element.contains(document.activeElement);
    const at = document.activeElement?.dataset?.choice;
    const waking = this.turn !== turn;
    this.turn = turn;
    if (waking) this.refuse("");
    if (waking && this.#told) this.#tell();
    this.lang = lang;
    this.hint.textContent = hint;
    this.list.replaceChildren(...choices.map((each) => this.#row(each)));
    this.busy(this.#sent);
    if (inside) focus((!waking && this.#find(at)) || this.heading);
  }

  /** Say that a press is on its way; `id` is the choice, null when it has arrived. */
  busy(id) {
    this.#sent = id;
    this.list.setAttribute("aria-busy", String(id !== null));
    for (const each of this.list.querySelectorAll("button")) {
      each.classList.toggle("sent", each.dataset.choice === id);
    }
  }

  /** Why something was not done. */
  refuse(sentence) {
    this.why.textContent = sentence;
  }

  #row(choice) {
    const reason = `why-${choice.number}`;
    return el("li", {},
      button(words(choice.label, this.lang), () => this.#press(choice), {
        "data-choice": choice.id,
        "aria-disabled": choice.enabled ? null : "true",
        "aria-describedby": choice.enabled ? null : reason,
      }),
      choice.enabled ? null : el("p", { id: reason, class: "reason" },
        "Closed: ", this.#reason(choice, "not now")));
  }

  #press(choice) {
    if (choice.enabled) this.take(choice);
    else this.#tell("That cannot be chosen now: ", this.#reason(choice, "it is closed."));
  }

  #tell(...said) {
    this.#told = said.length > 0;
    state(...said);
  }

  #reason({ reason }, otherwise) {
    return reason === null ? otherwise : words(reason, this.lang);
  }

  #find(id) {
    return [...this.list.querySelectorAll("button")].find((each) => each.dataset.choice === id);
  }

  /** A digit leads to the choice of that number, while one of them or their
   * heading has the focus. */
  #digit(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    this.list.querySelectorAll("button")[Number(event.key) - 1]?.focus();
  }
}
