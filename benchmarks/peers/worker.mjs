// What both node peers share: they answer lines on standard input with lines on standard output.
//
//   visit      -> a JSON list: the state after each input of one round
//   play N     -> the milliseconds that N rounds took, measured here
//
// The inputs come as the first line, as JSON. A peer gives `send(event)` and `visit()`.
import { createInterface } from "node:readline";

export async function serve(build) {
  let peer;
  let events;
  for await (const line of createInterface({ input: process.stdin })) {
    if (events === undefined) {
      events = JSON.parse(line);
      peer = build(events);
      console.log("ready");
    } else if (line === "visit") {
      console.log(JSON.stringify(peer.visit()));
    } else {
      const rounds = Number(line.split(" ")[1]);
      const begun = performance.now();
      for (let round = 0; round < rounds; round++) {
        for (const event of events) peer.send(event);
      }
      console.log(performance.now() - begun);
    }
  }
}
