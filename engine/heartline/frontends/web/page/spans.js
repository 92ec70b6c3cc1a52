// Time in words.

import { el } from "./dom.js";

const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60]];

/** What is left, in calm steps: whole days from three on, then days and hours, hours and minutes,
 * minutes. It never says less than there is. */
export function left(seconds) {
  if (seconds <= 0) return "a moment";
  if (seconds < 60) return "less than a minute";
  const step = seconds >= 3 * 86_400 ? 86_400 : seconds >= 86_400 ? 3600 : 60;
  const rounded = Math.ceil(seconds / step) * step;
  const place = UNITS.findIndex(([, length]) => rounded >= length);
  const [name, length] = UNITS[place];
  const first = counted(Math.floor(rounded / length), name);
  const rest = rounded % length;
  if (rest === 0) return first;
  const [finer, shorter] = UNITS[place + 1];
  return `${first} and ${counted(rest / shorter, finer)}`;
}

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const DATES = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
const { locale: DEVICE } = DATES.resolvedOptions();

/** A day and the time of day, as this device writes them, and in its language. */
export function time(iso) {
  return el("time", { datetime: iso, lang: DEVICE }, DATES.format(new Date(iso)));
}

/** "let_go" as people read it. */
export function readable(name) {
  return name.replaceAll("_", " ");
}
