// XGrammar's WebAssembly build over cases of the grammar benchmark:
//   node xgrammar-masks.mjs VOCABULARY CASES OUT_RESULTS
//
// Times are the process's, which has one thread of work; white space is any, because its compact mode
// still asks for separators with a space. The formats are described in bench/native/case_file.h.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { compileFunction, constants } from "node:vm";
import { readCases, writeResults } from "../grammar/case-file.mjs";

const kinds = { text: 0, byte: 1 };

const { GrammarCompiler, GrammarMatcher, TokenizerInfo } = loadXGrammar();
const [vocabularyPath, casesPath, outputPath] = process.argv.slice(2);
const { texts, ends } = readVocabulary(vocabularyPath);
const info = await TokenizerInfo.createTokenizerInfo(
  texts,
  "byte_fallback",
  false,
  texts.length,
  ends,
);
const results = [];
for (const bench of readCases(casesPath)) results.push(await measure(bench));
writeResults(outputPath, results);

/** The package calls itself an ES module, but what it holds is a CommonJS one. */
function loadXGrammar() {
  const require = createRequire(import.meta.url);
  const path = require.resolve("@mlc-ai/web-xgrammar");
  const module = { exports: {} };
  compileFunction(
    readFileSync(path, "utf8"),
    ["exports", "module", "require", "__filename", "__dirname"],
    { filename: path, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  )(module.exports, module, require, path, dirname(path));
  return module.exports;
}

function readVocabulary(path) {
  const data = readFileSync(path);
  let at = 4;
  const string = () => {
    const start = at + 4;
    at = start + data.readUInt32LE(at);
    return data.toString("utf8", start, at);
  };
  const texts = [];
  const ends = [];
  for (let token = 0; token < data.readUInt32LE(0); token++) {
    const [kind, isEnd] = [data[at], data[at + 1]];
    at += 2;
    string();
    const text = string();
    texts.push(kind === kinds.text || kind === kinds.byte ? text : "");
    if (isEnd === 1) ends.push(token);
  }
  return { texts, ends };
}

async function measure({ schema, instances }) {
  const result = { refused: false, reason: "", firstMaskUs: 0, accepted: [], masksUs: [] };
  const start = microseconds();
  let grammar;
  try {
    const compiler = await GrammarCompiler.createGrammarCompiler(info, false);
    grammar = await compiler.compileJSONSchema(schema, true, undefined, undefined, false);
    await (await GrammarMatcher.createGrammarMatcher(grammar)).getNextTokenBitmask();
  } catch (error) {
    // Whatever it throws is its refusal.
    return { ...result, refused: true, reason: String(error) };
  }
  result.firstMaskUs = microseconds() - start;
  for (const { tokens } of instances) {
    result.accepted.push(await read(grammar, tokens, result.masksUs));
  }
  return result;
}

/** Whether the grammar lets the tokens through and may end behind them. */
async function read(grammar, tokens, masksUs) {
  const matcher = await GrammarMatcher.createGrammarMatcher(grammar);
  try {
    for (const token of tokens) {
      const begin = microseconds();
      const mask = await matcher.getNextTokenBitmask();
      masksUs.push(microseconds() - begin);
      if (!allows(mask, token) || !matcher.acceptToken(token)) return false;
    }
    const mask = await matcher.getNextTokenBitmask();
    return ends.some((token) => allows(mask, token));
  } finally {
    matcher.dispose();
  }
}

function allows(mask, token) {
  return ((mask[token >> 5] >> (token & 31)) & 1) === 1;
}

function microseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
