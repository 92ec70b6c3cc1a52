// What is said of leaving, and of what stays behind.

import { el } from "./dom.js";

/** Paragraphs for the first screen, and for the menu of a conversation. */
export function privacy() {
  return [
    el("p", { class: "hint" }, "“Leave quickly” clears this page at once and opens an empty one; so does Escape, pressed twice. "
      + "The conversation is kept: come back to this address to go on. The browser's history still lists this address."),
    el("p", { class: "hint" }, "This browser keeps what it needs to go on, until you let it forget a conversation or delete it."),
  ];
}
