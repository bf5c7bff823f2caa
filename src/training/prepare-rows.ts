/** From training data to rows of tokens: read, check, hold out, encode, pack. */
import { bindDialect } from "../session/bind-dialect.js";
import type { DialectChoice } from "../dialects/resolve-dialect.js";
import type { Dialect } from "../dialects/dialect.js";
import { loadModel } from "../engine/load-model.js";
import type { Model } from "../engine/model.js";
import { OptionError, TrainingError } from "../errors.js";
import { encodeExample, type EncodedSample } from "./encode-example.js";
import { readExamples, type DataIssue, type TrainingExample } from "./examples.js";
import type { ResolvedTrainAdapterOptions } from "./options.js";
import { packSamples, splitHeldOut, type TrainingRow } from "./packing.js";

/** Data that is ready to train on. */
export interface PreparedRows {
  readonly training: readonly TrainingRow[];
  readonly heldOut: readonly TrainingRow[];
  /** Conversations that are in `training`, and those held out. */
  readonly conversations: { readonly training: number; readonly heldOut: number };
  /** Of all training rows. */
  readonly tokens: number;
  readonly trainedTokens: number;
  /** What is in no row, and why. */
  readonly leftOut: readonly DataIssue[];
  /** The name of the dialect that the data was rendered in. */
  readonly dialect: string;
  /** Ids of the tokens whose own rows are trained. */
  readonly tokenRows: Int32Array;
}

/** Most conversations that are held out: judging must not take longer than training. */
const mostHeldOut = 64;

/** A sample and where it comes from. */
interface PlacedSample extends EncodedSample {
  readonly example: TrainingExample;
}

/**
 * @throws {TrainingError} TRAINING_DATA_INVALID - nothing is left to train on, or as
 * `readExamples` says.
 * @throws {ModelError} as `loadModel` does.
 * @throws {DialectError} as a session does.
 * @throws {OptionError} INVALID_OPTION - a text of `trainTokens` is no token of the model.
 */
export async function prepareRows(options: ResolvedTrainAdapterOptions): Promise<PreparedRows> {
  const { examples, issues } = await readExamples(options.data, { lenient: options.lenient });
  const { heldOut: share, seed } = options.training;
  const split = splitHeldOut(examples, Math.min(share, mostHeldOut / examples.length), seed);
  await using model = await loadModel(options.model, { gpu: false, signal: options.signal });
  const tokenRows = await tokensOf(options, model);
  const dialect = bindDialect(options.dialect as DialectChoice, model, []);
  const training = await encodeAll(split.training, model, dialect, options);
  const heldOut = await encodeAll(split.heldOut, model, dialect, options);
  const rows = packSamples(training, options.training);
  const judged = packSamples(heldOut, options.training);
  const leftOut = [
    ...issues,
    ...[...rows.tooLong, ...judged.tooLong].map(describeTooLong(options)),
  ];
  if (rows.rows.length === 0) throw nothingLeft(leftOut);
  return {
    training: rows.rows,
    heldOut: judged.rows,
    conversations: { training: split.training.length, heldOut: split.heldOut.length },
    tokens: sum(rows.rows.map(({ tokens }) => tokens.length)),
    trainedTokens: sum(rows.rows.map(({ trained }) => trained.filter(Boolean).length)),
    leftOut,
    dialect: dialect.name,
    tokenRows,
  };
}

/** Ids of texts that are one token each; what is named twice counts once. */
async function tokensOf(
  { trainTokens, model: path }: ResolvedTrainAdapterOptions,
  model: Model,
): Promise<Int32Array> {
  const ids = new Set<number>();
  for (const text of trainTokens) {
    const [token, ...others] = await model.tokenize(text, { special: true });
    if (token === undefined || others.length > 0) throw noToken(text, path);
    ids.add(token);
  }
  return Int32Array.from(ids);
}

function noToken(text: string, path: string): OptionError {
  return new OptionError(
    "INVALID_OPTION",
    `Expected option "trainTokens" to name tokens of ${path}, got "${text}". ` +
      "Make it one by merging with special tokens first.",
    { details: { option: "trainTokens", text } },
  );
}

async function encodeAll(
  examples: readonly TrainingExample[],
  model: Model,
  dialect: Dialect,
  { training: { lossOn }, signal }: ResolvedTrainAdapterOptions,
): Promise<PlacedSample[]> {
  const samples: PlacedSample[] = [];
  for (const example of examples) {
    signal?.throwIfAborted();
    const encoded = await encodeExample(example, { dialect, tokenizer: model, lossOn });
    samples.push(...encoded.map((sample) => ({ ...sample, example })));
  }
  return samples;
}

const describeTooLong =
  ({ training: { maxLength } }: ResolvedTrainAdapterOptions) =>
  ({ tokens, example: { file, line } }: PlacedSample): DataIssue => ({
    file,
    line,
    reason: `Left out: it has ${tokens.length} tokens, more than maxLength, which is ${maxLength}.`,
  });

function nothingLeft(leftOut: readonly DataIssue[]): TrainingError {
  return new TrainingError(
    "TRAINING_DATA_INVALID",
    "Expected conversations with something to learn that fit maxLength, got none. " +
      "Raise maxLength, or give other data.",
    { details: { issues: leftOut } },
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
