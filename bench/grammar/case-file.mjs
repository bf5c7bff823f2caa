// The files between this driver and the programs; the format is described in
// bench/native/case_file.h.
import { readFileSync, writeFileSync } from "node:fs";

/** Writes cases without tokens: [{ name, schema, instances: [{ valid, text }] }]. */
export function writeCases(path, cases) {
  const parts = [];
  const number = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    parts.push(bytes);
  };
  const string = (text) => {
    const bytes = Buffer.from(text);
    number(bytes.length);
    parts.push(bytes);
  };
  number(cases.length);
  for (const { name, schema, instances } of cases) {
    string(name);
    string(schema);
    number(instances.length);
    for (const { valid, text } of instances) {
      parts.push(Buffer.from([valid ? 1 : 0]));
      string(text);
      number(0);
    }
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** Reads cases with tokens: [{ name, schema, instances: [{ valid, text, tokens: [id] }] }]. */
export function readCases(path) {
  const { bytes, number, string, list } = openFile(path);
  const instance = () => ({
    valid: bytes(1)[0] === 1,
    text: string(),
    tokens: list(() => number() | 0),
  });
  return list(() => ({ name: string(), schema: string(), instances: list(instance) }));
}

/** Cuts a file of cases into the bytes of each. */
export function splitCases(path) {
  const data = readFileSync(path);
  const count = data.readUInt32LE(0);
  let at = 4;
  const skip = (unit) => (at += 4 + unit * data.readUInt32LE(at));
  const pieces = [];
  for (let i = 0; i < count; i++) {
    const start = at;
    skip(1);
    skip(1);
    const instances = data.readUInt32LE(at);
    at += 4;
    for (let k = 0; k < instances; k++) {
      at += 1;
      skip(1);
      skip(4);
    }
    pieces.push(data.subarray(start, at));
  }
  return pieces;
}

/** Writes cases that `splitCases` has cut. */
export function joinCases(path, pieces) {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(pieces.length);
  writeFileSync(path, Buffer.concat([count, ...pieces]));
}

/** Reads results: [{ refused, reason, firstMaskUs, accepted: [boolean], masksUs: Float32Array }]. */
export function readResults(path) {
  const { bytes, number, string, list } = openFile(path);
  return list(() => ({
    refused: bytes(1)[0] === 1,
    reason: string(),
    firstMaskUs: bytes(8).readDoubleLE(),
    accepted: list(() => bytes(1)[0] === 1),
    masksUs: new Float32Array(new Uint8Array(bytes(4 * number())).buffer),
  }));
}

/** Writes what `readResults` reads. */
export function writeResults(path, results) {
  const number = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const parts = results.flatMap(({ refused, reason, firstMaskUs, accepted, masksUs }) => {
    const text = Buffer.from(reason);
    const first = Buffer.alloc(8);
    first.writeDoubleLE(firstMaskUs);
    return [
      ...[Buffer.from([refused ? 1 : 0]), number(text.length), text, first],
      ...[number(accepted.length), Buffer.from(accepted.map(Number))],
      ...[number(masksUs.length), Buffer.from(Float32Array.from(masksUs).buffer)],
    ];
  });
  writeFileSync(path, Buffer.concat([number(results.length), ...parts]));
}

/** Reads a file from its beginning on, part by part. */
function openFile(path) {
  const data = readFileSync(path);
  let at = 0;
  const bytes = (length) => data.subarray(at, (at += length));
  const number = () => bytes(4).readUInt32LE();
  const string = () => bytes(number()).toString("utf8");
  const list = (read) => Array.from({ length: number() }, read);
  return { bytes, number, string, list };
}
