// The author's view. It asks for what is new and shows all of it; the server keeps the play.

import { button, el, focus, state, words } from "../dom.js";
import { Pause } from "../pausing.js";
import { left, time } from "../spans.js";

const at = (id) => document.getElementById(id);
const drawing = new CSSStyleSheet(); // the diagram's own style, which may not stand in the page

let name = "";
let version = 0;
let steps = -1;
let present = ""; // the state in which the play stands
let pictured = 0; // the version of the picture that is shown, or on its way

async function send(deed, body) {
  at("refused").textContent = "";
  try {
    const answer = await fetch(`api/${name}/${deed}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (answer.ok) show(told);
    else at("refused").textContent = told.detail;
    return answer.ok;
  } catch {
    at("refused").textContent = "The server does not answer: is it still running?";
    return false;
  }
}

/** Ask for what is new, again and again: a play is shared by all tabs, and the file is saved. */
async function follow() {
  const pause = new Pause();
  for (;;) {
    try {
      const answer = await fetch(`api/${name}?after=${version}`);
      if (!answer.ok) throw new Error(answer.status);
      pause.reset();
      state("");
      if (answer.status === 200) show(await answer.json());
    } catch {
      state("The server does not answer. The page tries again by itself.");
      await pause.wait();
    }
  }
}

function show(told) {
  if (told.version === version) return;
  version = told.version;
  document.title = `${told.scenario.title} – author's view`;
  const lang = told.scenario.language;
  at("title").replaceChildren(words(told.scenario.title, lang));
  at("note").textContent = told.note;
  showSteps(told, lang);
  showChoices(told, lang);
  showClock(told);
  showVariables(told.variables);
  showFindings(told.findings);
  showBeginning(told.beginning);
  present = told.turn.state;
  draw();
}

function showSteps(told, lang) {
  const last = told.steps.length - 1;
  const from = told.steps[0].now;
  at("steps").replaceChildren(...told.steps.map((step) => el("li", {},
    el("p", { class: "head" },
      el("span", {}, `${step.number}. `, step.words, ": ", words(step.title, lang), ` (${step.state}), turn ${step.turn}${since(from, step.now)}`),
      step.number < last
        ? button("Back to here", () => send("jump", { step: step.number }), { "aria-label": `Back to step ${step.number}` })
        : null),
    step.lines.map((line) => el("p", { class: "said" },
      line.name ? words([line.name, ": "], lang, "b") : null,
      words(line.text, lang),
      line.only_to ? el("small", { class: "private" }, ` (only to ${line.only_to})`) : null)))));
  if (last !== steps) at("steps").scrollTop = at("steps").scrollHeight;
  steps = last;
}

function since(from, to) {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return seconds > 0 ? `, ${left(seconds)} after the beginning` : "";
}

function showChoices(told, lang) {
  const inside = at("choices").contains(document.activeElement);
  at("choices").replaceChildren(...told.choices.map((choice, place) => {
    const about = el("div", { id: `about-${place}` },
      choice.tags.length ? el("p", {}, `tags: ${choice.tags.join(", ")}`) : null,
      choice.guard ? el("p", {}, "when ", el("code", {}, choice.guard)) : null,
      choice.weight ? el("p", {}, "weight ", el("code", {}, choice.weight)) : null,
      choice.enabled ? null : el("p", {}, choice.shown ? "closed: " : "hidden: ",
        choice.needs.map((each, number) => [number ? "; " : "", el("code", {}, each)])),
      choice.told && !choice.enabled ? el("p", {}, "players are told: ", words(choice.told, lang)) : null);
    const label = [el("b", {}, choice.id), choice.label ? ": " : "", choice.label ? words(choice.label, lang) : ""];
    if (choice.engine) {
      return el("li", { class: "engine" }, el("p", {}, `${choice.role} (the program) `, ...label), about);
    }
    const press = button("", () => take(choice), {
      "aria-disabled": choice.enabled ? null : "true", "aria-describedby": about.id,
    });
    press.append(...label, ` (${choice.role})`);
    return el("li", {}, press, about);
  }));
  at("events").replaceChildren(...told.events.map((event) =>
    button(`Report the event ${event}`, () => send("report", { event }))));
  if (!told.choices.length) {
    const { outcome } = told.turn;
    at("choices").append(el("li", {}, outcome ? `It is over: ${outcome}.` : "There is no choice here."));
  }
  if (inside) focus(at("choices-title"));
}

function take(choice) {
  if (choice.enabled) send("choose", { choose: choice.id, role: choice.role });
  else at("refused").textContent = `${choice.id} is closed: ${choice.needs.join("; ")}`;
}

function showClock(told) {
  at("now").replaceChildren("It is ", time(told.now), " in the play.");
  at("deadlines").replaceChildren(...told.deadlines.map((each) =>
    el("li", {}, el("b", {}, each.timer), ` runs out in ${left(each.left)}, `, time(each.due))));
  at("next").disabled = !told.deadlines.length;
}

function showVariables(variables) {
  at("variables").replaceChildren(...variables.map((each) =>
    el("tr", { class: each.before === null ? null : "changed" },
      el("th", { scope: "row" }, each.name, each.hidden ? el("small", {}, " (hidden)") : null),
      el("td", { dir: "auto" }, each.value), el("td", { dir: "auto" }, each.before ?? ""))));
}

function showFindings(findings) {
  at("findings").replaceChildren(...(findings.length
    ? findings.map((each) => el("li", { class: each.severity },
      el("b", {}, `${each.severity} ${each.code}`), `, ${each.file} line ${each.line}: ${each.message}`,
      each.hint ? el("p", { class: "hint" }, each.hint) : null))
    : [el("li", {}, "None: heartline check has nothing to say.")]));
}

function showBeginning(beginning) {
  const form = at("anew");
  if (form.contains(document.activeElement)) return; // somebody is filling it in
  form.elements.seed.value = beginning.seed;
  at("inputs").replaceChildren(
    ...beginning.inputs.map((each) => el("p", { class: "field" },
      el("label", { for: `in-${each.name}` }, `${each.name}: ${each.takes}, otherwise ${each.otherwise}`),
      el("input", { id: `in-${each.name}`, name: `in:${each.name}`, value: each.value, autocomplete: "off", dir: "auto" }))),
    ...beginning.engine.map((role) => el("p", { class: "pick" },
      el("input", { type: "checkbox", id: `seat-${role}`, name: "seat", value: role, checked: beginning.seats.includes(role) }),
      el("label", { for: `seat-${role}` }, `I choose for ${role}, too`))));
}

/** Fetch the picture of this version. While one is on its way, the newest follows it. */
async function draw() {
  if (pictured) {
    pictured = version;
    return;
  }
  let drawn;
  do {
    drawn = pictured = version;
    if (!at("diagram").firstChild) at("nodiagram").textContent = "It is being drawn.";
    try {
      const answer = await fetch(`api/${name}/diagram.svg`);
      if (answer.ok) place(await answer.text());
      at("nodiagram").textContent = answer.ok ? "" : (await answer.json()).detail;
    } catch {
      break; // the state line says that the server does not answer
    }
  } while (drawn !== pictured);
  pictured = 0;
  mark();
}

function place(text) {
  let style = "";
  const bare = text.replace(/<style>([^<]*)<\/style>/, (_all, rules) => {
    style = rules;
    return "";
  });
  drawing.replaceSync(style);
  const parsed = new DOMParser().parseFromString(bare, "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  svg.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const view = svg.querySelector(`view[id="${CSS.escape(link.getAttribute("href").slice(1))}"]`);
    if (view) turnTo(svg, view.getAttribute("viewBox"));
  });
  const box = at("diagram");
  const { scrollLeft, scrollTop } = box;
  const viewed = box.querySelector("svg")?.dataset.viewed;
  box.replaceChildren(svg);
  if (viewed && svg.querySelector(`view[viewBox="${viewed}"]`)) turnTo(svg, viewed);
  box.scrollTo(scrollLeft, scrollTop);
}

/** Show one picture of several. */
function turnTo(svg, viewBox) {
  const [, , width, height] = viewBox.split(" ");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("width", `${width}pt`);
  svg.setAttribute("height", `${height}pt`);
  svg.dataset.viewed = viewBox;
}

/** Mark the box of the present state, which is named in brackets in its title. */
function mark() {
  const box = at("diagram");
  for (const title of box.querySelectorAll("g > title")) {
    const here = title.textContent.split("\n")[0].endsWith(`(${present})`);
    title.parentNode.classList.toggle("present", here);
    if (here) title.parentNode.setAttribute("aria-current", "step");
  }
}

at("here").addEventListener("click", () => {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  at("diagram").querySelector(".present")?.scrollIntoView({
    block: "center", inline: "center", behavior: reduced ? "auto" : "smooth",
  });
});
at("whole").addEventListener("click", () => {
  const svg = at("diagram").querySelector("svg");
  const page = svg?.querySelector("view#page");
  if (page) turnTo(svg, page.getAttribute("viewBox"));
});
at("wait").addEventListener("submit", (event) => {
  event.preventDefault();
  send("wait", { length: at("length").value });
});
at("next").addEventListener("click", () => send("wait", {}));
at("anew").addEventListener("submit", (event) => {
  event.preventDefault();
  const data = new FormData(event.target);
  const inputs = {};
  for (const [key, value] of data) if (key.startsWith("in:") && value) inputs[key.slice(3)] = value;
  const seed = Number(data.get("seed"));
  if (!Number.isSafeInteger(seed)) {
    at("refused").textContent = "The seed is a whole number.";
    return;
  }
  send("begin", { seed, inputs, seats: data.getAll("seat") });
});

document.adoptedStyleSheets = [drawing];
const served = await (await fetch("api")).json();
name = served.find((each) => each.id === location.hash.slice(1))?.id ?? served[0].id;
at("scenarios").replaceChildren(...(served.length < 2 ? [] : served.map((each) =>
  words(each.title, each.language, "a", { href: `#${each.id}`, "aria-current": each.id === name ? "page" : null }))));
addEventListener("hashchange", () => served.some((each) => `#${each.id}` === location.hash) && location.reload());
follow();
