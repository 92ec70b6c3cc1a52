// The first screen: what is kept here, what can be begun, and what it asks at the start.

import { ask, newKey, Refusal, Unreachable } from "./api.js";
import { button, el, focus, paragraphs, show, state, words } from "./dom.js";
import { kept, keep } from "./keeping.js";
import { Pause } from "./pausing.js";
import { privacy } from "./privacy.js";
import { time } from "./spans.js";

const MANY = 6; // options from which on a list to open is shorter to read than buttons

/** The list of scenarios, below the conversations that are kept. */
export function beginnings(scenarios, { note, opened, discreet }) {
  const earlier = kept();
  show(
    el("h1", {}, earlier.length ? "Welcome back" : "Begin a conversation"),
    note ? el("p", { class: "note", role: "status" }, note) : null,
    ...privacy(),
    earlier.length ? el("section", { "aria-labelledby": "kept" },
      el("h2", { id: "kept" }, "Go on"),
      el("ul", { class: "kept", role: "list" }, earlier.map((each, number) => el("li", {},
        button(discreet ? `Conversation ${number + 1}` : words(each.title, each.language), () => opened(each.token)),
        el("p", { class: "hint" }, "begun ", time(each.began)))))) : null,
    earlier.length ? el("h2", {}, "Begin a conversation") : null,
    ...(discreet ? [el("p", {}, button("Show what there is", () => beginnings(scenarios, { note, opened })))]
      : scenarios.map((each) => summary(each, opened, scenarios.length === 1))),
  );
}

function summary(scenario, opened, alone) {
  const slot = el("div");
  const open = () => {
    const shape = form(scenario, opened);
    slot.replaceChildren(shape);
    focus(shape.querySelector("input, select, button"));
  };
  if (alone) slot.append(form(scenario, opened));
  else slot.append(button(`Begin`, open, { "aria-label": `Begin: ${scenario.title}` }));
  return el("section", { class: "scenario", "aria-labelledby": `s-${scenario.id}` },
    words(scenario.title, scenario.language, "h2", { id: `s-${scenario.id}` }),
    ...paragraphs(scenario.about ?? "", scenario.language), slot);
}

function form(scenario, opened) {
  const failed = el("p", { class: "why", role: "alert" });
  const start = el("button", { type: "submit", class: "main" }, "Begin");
  /** Say what is wrong with an answer, in the words of its question. */
  const refuse = (field) => {
    field.setAttribute("aria-invalid", "true");
    failed.replaceChildren(words(field.labels[0].textContent, scenario.language), " ",
      field.type === "number" ? `Write a whole number from ${field.min} to ${field.max}.` : "Write something.");
    focus(failed);
  };
  let key = newKey(); // the same answers, sent again, begin one conversation
  const made = el("form", {
    novalidate: true, // a browser's own words fade away, and not all of them are read out
    oninput: ({ target }) => {
      key = newKey();
      target.removeAttribute("aria-invalid");
    },
    onsubmit: async (event) => {
      event.preventDefault();
      if (start.getAttribute("aria-disabled")) return;
      const wrong = made.querySelector("input:invalid");
      if (wrong) return refuse(wrong);
      start.setAttribute("aria-disabled", "true");
      failed.textContent = "";
      try {
        opened(await begun(scenario, answers(made), key));
      } catch (error) {
        failed.textContent = error.message;
        focus(failed);
      } finally {
        start.removeAttribute("aria-disabled");
      }
    },
  }, ...scenario.questions.map((each) => question(scenario, each)), seats(scenario), failed,
  el("p", { class: "row" }, start));
  return made;
}

function answers(made) {
  const data = new FormData(made);
  const inputs = {};
  const seats = data.getAll("seat");
  for (const [name, value] of data) if (name !== "seat") inputs[name.slice(2)] = value;
  return { inputs, seats };
}

/** Begin a conversation; gives the token of the first seat. */
export async function begun(scenario, { inputs = {}, seats = [] } = {}, key = newKey()) {
  const pause = new Pause();
  for (;;) {
    try {
      const { capabilities, conversation } = await ask("POST", "conversations", {
        body: { scenario: scenario.id, inputs, ...(seats.length && { seats }) },
        headers: { "Idempotency-Key": key },
      });
      state("");
      const token = capabilities[conversation.role];
      keep(token, conversation.scenario);
      return token;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      state(`${error.message} The page tries again by itself.`);
      await pause.wait(error.pause);
    }
  }
}

function question(scenario, { name, prompt, kind, initial, min, max, options, kept_for }) {
  const id = `q-${scenario.id}-${name}`;
  const lang = scenario.language;
  const told = kind === "bool" || kind === "duration" ? null : lang; // these labels are not the scenario's
  const picks = kind === "bool" ? [{ value: "yes", label: "Yes" }, { value: "no", label: "No" }] : options;
  if (!picks.length) {
    return el("p", { class: "field" }, words(prompt, lang, "label", { for: id }),
      el("input", {
        id, name: `q:${name}`, dir: "auto", value: initial, autocomplete: "off", "aria-describedby": `${id}-hint`,
        required: initial !== "",
        ...(kind === "int" ? { type: "number", min, max, step: 1 } : { pattern: ".*\\S.*" }),
      }),
      kind === "int"
        ? el("span", { class: "hint", id: `${id}-hint` }, `A whole number from ${min} to ${max}.`)
        : words(kept_for ?? "", lang, "span", { class: "hint", id: `${id}-hint` }));
  }
  if (picks.length > MANY) {
    return el("p", { class: "field" }, words(prompt, lang, "label", { for: id }),
      el("select", { id, name: `q:${name}`, dir: "auto" }, picks.map(({ value, label }) =>
        el("option", { value, selected: value === initial, lang: told }, label))));
  }
  return el("fieldset", {}, words(prompt, lang, "legend"),
    picks.map(({ value, label }, place) => el("p", { class: "pick", dir: "auto" },
      el("input", { type: "radio", id: `${id}-${place}`, name: `q:${name}`, value, checked: value === initial }),
      el("label", { for: `${id}-${place}`, lang: told }, label))));
}

/** Roles of the engine that another person can play. */
function seats(scenario) {
  const roles = scenario.roles.filter((each) => each.engine);
  if (!roles.length) return null;
  return el("details", {}, el("summary", {}, "Play with another person"),
    el("p", { class: "hint" }, "The program plays these roles. Whom you tick here, another person plays: when the conversation has begun, open “This conversation” at its foot to get a link for them."),
    roles.map(({ id, name }) => el("p", { class: "pick", dir: "auto" },
      el("input", { type: "checkbox", id: `seat-${scenario.id}-${id}`, name: "seat", value: id }),
      el("label", { for: `seat-${scenario.id}-${id}`, lang: scenario.language }, name))));
}

/** The screen of somebody who was invited; `key` is the one under which they join, once. */
export function joining({ token, key }, { opened, declined }) {
  const failed = el("p", { class: "why", role: "alert" });
  const join = async () => {
    failed.textContent = "";
    try {
      const { capabilities, conversation } = await ask("POST", "invitations/accept", {
        token, headers: { "Idempotency-Key": key },
      });
      const mine = capabilities[conversation.role];
      keep(mine, conversation.scenario);
      opened(mine);
    } catch (error) {
      failed.textContent = error instanceof Refusal && error.gone
        ? "This invitation is no longer good: it has been used, or a newer one was made. Ask for another."
        : error.message;
      focus(failed);
    }
  };
  show(el("h1", {}, "You are invited to a conversation"),
    el("p", {}, "Somebody wants to have it with you. You see what your role may see, and so do they."),
    el("p", { class: "row" }, button("Take part", join, { class: "main" }), button("Not now", declined)),
    failed, ...privacy());
}
