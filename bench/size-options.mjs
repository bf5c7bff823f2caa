// The options of benchmarks that run over the model sizes, with rivals beside.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { benchSizes } from "./bench-models.mjs";

/**
 * Reads the command line.
 *
 * @param more - options of this benchmark alone, as `parseArgs` takes them.
 */
export function readSizeOptions(more) {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      model: { type: "string" },
      sizes: { type: "string", default: benchSizes.join(",") },
      runs: { type: "string", default: "3" },
      threads: { type: "string", default: String(availableParallelism()) },
      "without-rivals": { type: "boolean", default: false },
      ...more,
    },
  });
  return values;
}
