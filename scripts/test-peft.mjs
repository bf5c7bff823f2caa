// Whether adapters mean the same here and in PEFT, both ways: the largest difference of all logits.
//   npm run test:peft -- --python PATH     (an environment with torch, transformers and peft)
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { architectures, openCase, runPython, trainingRow, writeCase } from "./peft/cases.mjs";

const library = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const { exportPeft } = await library("formats/peft/export-peft.js");
const { importPeft } = await library("formats/peft/import-peft.js");
const { readSafetensors } = await library("formats/safetensors.js");
const { writeGguf } = await library("formats/gguf/index.js");

const limit = 1e-3;
const { values } = parseArgs({ options: { python: { type: "string", default: "python3" } } });
const folder = mkdtempSync(join(tmpdir(), "lorikeet-peft-"));
let failed = 0;
for (const architecture of architectures) {
  const where = join(folder, architecture);
  const files = await writeCase(where, architecture);
  await report(`${architecture}: ours, exported to PEFT`, await exported(where, files));
  await report(`${architecture}: PEFT's, imported`, await imported(where, files, architecture));
}
rmSync(folder, { recursive: true });
console.log(`${2 * architectures.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function report(name, difference) {
  const holds = difference < limit;
  if (!holds) failed++;
  console.log(
    `${holds ? "ok" : "FAILED"}  ${name}: largest difference ${difference.toExponential(1)}`,
  );
}

/** Trains a few steps here, gives the adapter to PEFT. */
async function exported(where, files) {
  const trainer = await openCase(files);
  for (const row of files.rows) await trainer.step([trainingRow(row)]);
  const adapter = join(where, "ours.gguf");
  await trainer.saveAdapter(adapter, "f32", {});
  rmSync(join(where, "adapter"), { recursive: true });
  await exportPeft(adapter, join(where, "adapter"));
  return compare(where, files, trainer);
}

/** Trains in PEFT, takes the adapter over. */
async function imported(where, files, architecture) {
  runPython(values.python, "record", where);
  rmSync(join(where, "adapter"), { recursive: true });
  cpSync(join(where, "trained"), join(where, "adapter"), { recursive: true });
  const base = { architecture, headCount: 2, keyHeadCount: 1 };
  const initial = join(where, "theirs.gguf");
  await writeGguf(initial, await importPeft(join(where, "adapter"), base));
  return compare(where, files, await openCase({ ...files, initial }));
}

async function compare(where, files, trainer) {
  runPython(values.python, "logits", where);
  const theirs = await readSafetensors(join(where, "logits.safetensors"));
  let largest = 0;
  for (const [index, row] of files.rows.entries()) {
    const ours = await trainer.logits(trainingRow(row), Int32Array.from(row.keys()));
    const { bytes } = theirs.find(({ name }) => name === String(index));
    const expected = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    if (expected.length !== ours.length) throw new Error("Expected logits of the same number.");
    ours.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - expected[i]))));
  }
  await trainer.close();
  return largest;
}
