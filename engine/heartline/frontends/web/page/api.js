// Talks with the server: what it is asked, and what it refuses.

const BASE = new URL("api/v1/", document.baseURI);

/** The server has answered, and will not do it: `code` is stable, `message` a sentence. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `The server answers ${status}.`);
    this.status = status;
    this.code = problem.code || "";
    this.problem = problem;
  }

  /** Whether this person's way to the conversation has ended. Nothing else says so: an operator's
   * own sign-in, say, may refuse today and let in tomorrow. */
  get gone() {
    return this.code === "unknown_conversation";
  }
}

/** The server cannot be reached, or is `busy`: the same may be tried again, after `pause` seconds
 * where it says so. */
export class Unreachable extends Error {
  constructor(busy = false, pause = 0) {
    super(busy ? "The server cannot do that just now." : "The server cannot be reached.");
    this.busy = busy;
    this.pause = pause;
  }
}

/** A key under which something happens once, however often it is sent. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

/** The answer to a request. Raises Refusal and Unreachable. */
export async function fetched(method, path, { token, body, headers, signal } = {}) {
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), {
      method,
      headers: {
        Accept: "application/json",
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      signal,
    });
  } catch {
    throw new Unreachable();
  }
  if (answer.ok) return answer;
  if (answer.status === 429 || answer.status >= 500) {
    throw new Unreachable(true, Number(answer.headers.get("Retry-After")) || 0);
  }
  throw new Refusal(answer.status, await answer.json().catch(() => ({})));
}

/** The same, as JSON. */
export async function ask(method, path, options) {
  const answer = await fetched(method, path, options);
  try {
    return answer.status === 204 ? null : await answer.json();
  } catch {
    throw new Unreachable(); // it was cut off on the way
  }
}
