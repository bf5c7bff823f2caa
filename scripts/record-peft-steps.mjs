// Records what PEFT's training of the tiny models gives, for test/training/peft-steps.test.ts.
//   node scripts/record-peft-steps.mjs --python PATH
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { architectures, lora, runPython, writeCase } from "./peft/cases.mjs";
import { root } from "./paths.mjs";

const { values } = parseArgs({ options: { python: { type: "string", default: "python3" } } });
const folder = mkdtempSync(join(tmpdir(), "lorikeet-peft-"));
for (const architecture of architectures) {
  const files = await writeCase(join(folder, architecture), architecture);
  const recorded = JSON.parse(runPython(values.python, "record", join(folder, architecture)));
  const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
  const made = { model: hash(files.model), initial: hash(files.initial), lora };
  const path = join(root, "test", "fixtures", "training", `peft-${architecture}.json`);
  writeFileSync(path, `${JSON.stringify({ ...made, run: files.run, ...recorded }, null, 2)}\n`);
  console.log(`${path}: ${recorded.losses.length} steps`);
}
rmSync(folder, { recursive: true });
