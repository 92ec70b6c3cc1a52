// Elements, made of data. Text only ever becomes text: nothing here reads HTML.

/** An element: `el("button", {class: "quiet", onclick: act}, "Undo")`. A property that is null or
 * false is left out; functions are listeners. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** Words that a scenario has or that somebody wrote, in whichever direction their script runs;
 * `lang` is their language, so that they are read out in its sounds, null where nobody knows. */
export function words(text, lang, tag = "span", properties = {}) {
  return el(tag, { dir: "auto", lang, ...properties }, text);
}

/** Paragraphs of a longer text. */
export function paragraphs(text, lang) {
  return text.split(/\n+/).filter((each) => each.trim()).map((each) => words(each, lang, "p"));
}

/** A button. A second click of a double one does nothing: it was meant for what stood here before. */
export function button(label, act, properties = {}) {
  const press = (event) => {
    if (event.detail <= 1) act(event);
  };
  return el("button", { type: "button", onclick: press, ...properties }, label);
}

/** Put something in the middle of the page and let who listens or tabs begin at its heading; when
 * the page was just loaded, they begin at its top as always. */
export function show(...content) {
  const main = document.getElementById("main");
  const fresh = main.querySelector("h1") === null;
  main.replaceChildren(...content.filter((each) => each !== null));
  if (!fresh) focus(main.querySelector("h1"));
  scrollTo(0, 0);
}

/** Move the focus to something that has none by itself. */
export function focus(element) {
  if (!element) return;
  if (!element.matches("button, a, input, select, summary, textarea")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** The line at the foot that says how things stand; an empty one is not shown. */
export function state(...said) {
  const line = document.getElementById("state");
  const told = el("p", {}, ...said);
  if (line && line.textContent !== told.textContent) line.replaceChildren(...told.childNodes);
}

/** Ask in the page, in a dialog; gives whether it was agreed to. */
export function confirmed(question, yes, no) {
  return new Promise((resolve) => {
    const close = (agreed) => {
      dialog.close();
      dialog.remove();
      resolve(agreed);
    };
    const dialog = el(
      "dialog", { "aria-labelledby": "question", oncancel: () => close(false) },
      el("p", { id: "question" }, question),
      el("p", { class: "row" },
        button(no, () => close(false), { autofocus: true }),
        button(yes, () => close(true), { class: "grave" })),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
