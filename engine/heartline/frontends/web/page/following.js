// Follows what happens in a conversation: each entry once and in order, through sleep, a server
// that restarts and a line that is cut. Server-sent events, read with fetch, since the token goes
// in a header and never into an address.

import { ask, fetched, Refusal } from "./api.js";
import { Pause } from "./pausing.js";

const STEADY = 10_000; // milliseconds after which a line counts as a good one
const SILENCE = 45_000; // milliseconds without a byte (the server sends a sign of life more often)

/** Reads server-sent events from pieces of text; gives the data of those that are whole. */
export class Reader {
  #rest = "";

  read(piece) {
    const lines = (this.#rest + piece).replace(/\r\n/g, "\n").split("\n\n");
    this.#rest = lines.pop();
    return lines
      .map((event) => event.split("\n").filter((line) => line.startsWith("data:")))
      .map((data) => data.map((line) => line.slice(5).replace(/^ /, "")).join("\n"))
      .filter((data) => data);
  }
}

export class Following {
  /** `heard` is told of each entry, `stands` of "open" and, with the reason, "lost" and "gone". */
  constructor(token, { heard, stands }) {
    this.token = token;
    this.last = 0; // the number of the entry that came last
    this.heard = heard;
    this.stands = stands;
    this.running = false;
    this.lastByte = 0;
    this.woken = () => this.#woken();
  }

  start() {
    if (this.running) return;
    this.running = true;
    document.addEventListener("visibilitychange", this.woken);
    addEventListener("online", this.woken);
    addEventListener("pageshow", this.woken);
    this.#run();
  }

  stop() {
    this.running = false;
    document.removeEventListener("visibilitychange", this.woken);
    removeEventListener("online", this.woken);
    removeEventListener("pageshow", this.woken);
    this.cut?.abort();
  }

  /** Ask for what there is up to this entry, without waiting for the stream to bring it. */
  async catchUp(sequence) {
    while (this.last < sequence) {
      const path = `conversation/events?after=${this.last}&wait=5`;
      const { events } = await ask("GET", path, { token: this.token });
      if (!events.length) return; // the stream brings it, or whoever asks next
      this.#take(events);
    }
  }

  #take(events) {
    for (const event of events) {
      if (event.sequence <= this.last) continue; // it has come another way
      this.last = event.sequence;
      this.heard(event);
    }
  }

  async #run() {
    const pause = new Pause();
    while (this.running) {
      try {
        await this.#stream(pause);
      } catch (error) {
        if (error instanceof Refusal && error.gone) {
          if (this.running) this.stands("gone", error);
          this.stop();
          return;
        }
        if (!this.running) return;
        this.stands("lost", error);
        await pause.wait(error.pause);
        continue;
      }
      if (this.running) await pause.wait(); // it ended in good order: the server is restarting
    }
  }

  async #stream(pause) {
    this.cut = new AbortController();
    const answer = await fetched("GET", `conversation/events?after=${this.last}`, {
      token: this.token,
      headers: { Accept: "text/event-stream" },
      signal: this.cut.signal,
    });
    const reader = new Reader();
    const bytes = answer.body.getReader();
    const decoder = new TextDecoder();
    const watch = setInterval(() => {
      if (Date.now() - this.lastByte > SILENCE) this.cut.abort();
    }, 5000);
    const began = this.lastByte = Date.now();
    this.stands("open");
    try {
      for (;;) {
        const { done, value } = await bytes.read();
        if (done) return;
        this.lastByte = Date.now();
        if (this.lastByte - began > STEADY) pause.reset();
        this.#take(reader.read(decoder.decode(value, { stream: true })).map(JSON.parse));
      }
    } finally {
      clearInterval(watch);
      this.cut.abort();
    }
  }

  /** After a sleep the line may be dead without anybody having said so. */
  #woken() {
    if (document.visibilityState === "visible" && Date.now() - this.lastByte > SILENCE / 2) {
      this.cut?.abort();
    }
  }
}
