// Time in words.

const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60]];

/** What is left, in calm steps: whole days from three on, then days and hours, hours and minutes,
 * minutes. It never says less than there is. */
export function left(seconds) {
  if (seconds <= 0) return "a moment";
  if (seconds < 60) return "less than a minute";
  const place = UNITS.findIndex(([, length]) => seconds >= length);
  const [name, length] = UNITS[place];
  const alone = place === 2 || seconds >= 3 * 86_400;
  const finest = alone ? length : UNITS[place + 1][1];
  const rounded = Math.ceil(seconds / finest) * finest;
  if (alone) return counted(rounded / length, name);
  const whole = Math.floor(rounded / length);
  const rest = (rounded - whole * length) / finest;
  const first = counted(whole, name);
  return rest === 0 ? first : `${first} and ${counted(rest, UNITS[place + 1][0])}`;
}

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A day and the time of day, as this device writes them. */
export function moment(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
}

/** "let_go" as people read it. */
export function readable(name) {
  return name.replaceAll("_", " ");
}
