// The page: which screen is shown, and leaving it at once.

import { ask, newKey, Refusal, Unreachable } from "./api.js";
import { beginnings, begun, joining } from "./beginning.js";
import { Conversation, GONE } from "./conversation.js";
import { el, show, state } from "./dom.js";
import { forget, hasLeft, invited, kept, setInvited, setLeft } from "./keeping.js";
import { Pause } from "./pausing.js";

let open = null; // the conversation on the screen
let scenarios = [];

/** Clear everything and go to an empty page, which takes this one's place in the history. */
function leave() {
  document.body.replaceChildren();
  document.title = "";
  if (kept().length) setLeft(true);
  open?.close();
  location.replace("about:blank");
}

let escaped = 0;
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.repeat) return;
  if (event.timeStamp - escaped < 1000) leave();
  escaped = event.timeStamp;
}, { capture: true });
document.getElementById("leave").addEventListener("click", leave);

/** An invitation is taken out of the address before anything else: it lets in whoever has it. It is
 * kept while the tab is open, should the page be loaded again. */
function invitation() {
  const token = /^#join=([\w-]+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, "", location.pathname + location.search);
  if (token && token !== invited()?.token) setInvited({ token, key: newKey() });
  return invited();
}

async function enter(token) {
  setInvited(null);
  open?.close();
  setLeft(false);
  const entered = open = new Conversation(token, (note) => home(note));
  try {
    await entered.open();
  } catch (error) {
    if (entered.closed) return;
    if (!(error instanceof Refusal)) throw error;
    if (error.gone) forget(token);
    home(error.gone ? GONE : `That conversation cannot be opened: ${error.message}`);
  }
}

async function home(note = "") {
  setInvited(null);
  open?.close();
  open = null;
  await served();
  beginnings(scenarios, { note, opened: enter, discreet: hasLeft() });
}

/** What can be begun here; asked for until the server answers. */
async function served() {
  const pause = new Pause();
  while (!scenarios.length) {
    try {
      scenarios = await ask("GET", "scenarios");
      state("");
      return;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      state(`${error.message} The page tries again by itself.`);
      await pause.wait(error.pause);
    }
  }
}

async function begin() {
  const asked = invitation();
  if (asked) {
    open?.close();
    return joining(asked, { opened: enter, declined: () => home() });
  }
  const conversations = kept();
  if (conversations.length === 1 && !hasLeft()) return enter(conversations[0].token);
  if (conversations.length) return home();
  await served();
  const [only] = scenarios;
  if (scenarios.length === 1 && !only.questions.length) return enter(await begun(only));
  return home();
}

addEventListener("hashchange", () => location.hash.startsWith("#join=") && begin());
begin().catch((error) => {
  show(el("h1", {}, "This did not work"), el("p", { role: "alert" }, error.message),
    el("p", {}, "Load the page again; if it stays so, tell whoever runs it."));
});
