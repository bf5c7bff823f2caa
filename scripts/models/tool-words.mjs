// The words of a tool's declaration, and those too small to tell tools apart.
import { unseenTools } from "./unseen-tools.mjs";

const small = new Set(
  (
    "a an the of to in on at for with by from or and is are be it its whether how many much which what " +
    "who where when this that some any not into has there"
  ).split(" "),
);

/** Words of its name, description, inputs and choices, in lower case, without small ones. */
export function toolWords({ name, description, inputs }) {
  const texts = Object.entries(inputs).flatMap(([key, input]) => [
    key,
    input.description,
    ...(input.choices ?? []),
  ]);
  const all =
    [name, description, ...texts]
      .join(" ")
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  return new Set(all.filter((word) => !small.has(word)));
}

/** What no tool of the training may have. */
export const unseenWords = new Set(unseenTools.flatMap((tool) => [...toolWords(tool)]));
