// What this browser keeps: the tokens of this person's conversations, and that they left quickly.
// A token is all that is needed to read a conversation, so there is a button that forgets it.

const NAME = "heartline";
const MOST = 20;
let memory = "{}"; // where the browser keeps nothing

function read() {
  try {
    memory = localStorage.getItem(NAME) ?? memory;
  } catch {
    // the browser allows no storage: what is kept is gone with the page
  }
  try {
    const { kept = [], left = false } = JSON.parse(memory);
    return { kept: kept.filter((each) => typeof each.token === "string"), left };
  } catch {
    return { kept: [], left: false };
  }
}

function write(value) {
  memory = JSON.stringify(value);
  try {
    localStorage.setItem(NAME, memory);
  } catch {
    // as above
  }
}

/** The conversations that are kept, the newest first: {token, title, language, began}. */
export function kept() {
  return read().kept;
}

export function keep(token, { title, language }) {
  const { kept } = read();
  const others = kept.filter((each) => each.token !== token);
  const entry = { token, title, language, began: new Date().toISOString() };
  write({ kept: [entry, ...others].slice(0, MOST), left: false });
}

export function forget(token) {
  const { kept, left } = read();
  write({ kept: kept.filter((each) => each.token !== token), left });
}

/** Whether the page was left quickly: then it opens without showing what was said. */
export function hasLeft() {
  return read().left;
}

export function setLeft(left) {
  write({ ...read(), left });
}

/** What was pressed and has had no answer yet, so that a page which is loaded again sends it
 * again, under its key. It lasts as long as the tab, as does an invitation. */
export function waiting(token) {
  const { token: whose, ...press } = inTab("press") ?? {};
  return whose === token && press.key ? press : null;
}

export function setWaiting(token, press) {
  setInTab("press", press && { token, ...press });
}

/** The invitation that this tab was opened with: {token, key}. */
export function invited() {
  return inTab("invitation");
}

export function setInvited(invitation) {
  setInTab("invitation", invitation);
}

const tab = new Map(); // where the browser keeps nothing

function inTab(name) {
  try {
    return JSON.parse(sessionStorage.getItem(`${NAME}.${name}`));
  } catch {
    return tab.get(name) ?? null;
  }
}

function setInTab(name, value) {
  tab.set(name, value);
  try {
    if (value) sessionStorage.setItem(`${NAME}.${name}`, JSON.stringify(value));
    else sessionStorage.removeItem(`${NAME}.${name}`);
  } catch {
    // as above
  }
}
