// Runs the demo of dist/ on the embedded model.
//   npm run demo -- [--model FILE] [--adapter FILE] [--id T2093] [--status Refunded]
import { join } from "node:path";
import { demo } from "../dist/cli/demo.js";
import { root } from "./paths.mjs";

const [model, adapter] = ["model.gguf", "adapter.gguf"].map((name) =>
  join(root, "models", "embedded", name),
);
process.exitCode = await demo(process.argv, { model, adapter });
