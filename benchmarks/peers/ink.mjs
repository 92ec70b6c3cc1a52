// The same story in ink, compiled by inkjs's own compiler, driven through Continue and
// ChooseChoiceIndex: the lines are read to the end and all choices are evaluated, as a player
// would see them.
//
// Two copies of the story run. The marked one carries tags that name its states and choices; by
// them a visit finds its way. The plain one is the same text without tags, so that what is
// measured pays for none; a visit walks both together and stops where they differ in a word.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { serve } from "./worker.mjs";

const { Compiler } = createRequire(import.meta.url)("inkjs/full");
const source = readFileSync(new URL("./flatmates.ink", import.meta.url), "utf-8");
const TAG = / #\w+/g;
const SHUFFLED = /Go on\.|I'm listening\.|And\?/; // each copy draws its own

function readOn(story) {
  const lines = [];
  while (story.canContinue) lines.push(story.Continue());
  return lines;
}

function same(one, other) {
  if (one.length !== other.length || one.some((text, i) => text !== other[i] && !SHUFFLED.test(text)))
    throw new Error(`the two copies of the story differ: ${one} / ${other}`);
}

serve((events) => {
  const marked = new Compiler(source).Compile();
  const plain = new Compiler(source.replaceAll(TAG, "")).Compile();
  const numbers = [];
  let position = 0;
  let state = ""; // an input that stays inside says no line that names a state
  same(readOn(marked), readOn(plain));
  return {
    visit: () =>
      events.map((event, i) => {
        const number = marked.currentChoices.findIndex((choice) => choice.tags?.includes(event));
        if (number < 0) throw new Error(`there is no choice ${event} before input ${i}`);
        numbers[i] = number;
        same(
          marked.currentChoices.map((choice) => choice.text),
          plain.currentChoices.map((choice) => choice.text),
        );
        marked.ChooseChoiceIndex(number);
        plain.ChooseChoiceIndex(number);
        const lines = [];
        while (marked.canContinue) {
          lines.push(marked.Continue());
          for (const tag of marked.currentTags) state = tag;
        }
        same(lines, readOn(plain));
        return state;
      }),
    send: () => {
      plain.ChooseChoiceIndex(numbers[position]);
      position = (position + 1) % numbers.length;
      while (plain.canContinue) plain.Continue();
      return plain.currentChoices.length;
    },
  };
});
