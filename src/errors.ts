/**
 * Every error that this library throws on purpose.
 *
 * One base class; a subclass per area, never per case: the case is the `code`.
 * Messages say what was expected, of what, what came instead, and the remedy.
 */

/** The cases, by area. */
export type ErrorCode =
  // options and misuse
  | "INVALID_OPTION"
  | "UNKNOWN_OPTION"
  | "DISPOSED"
  | "BUSY"
  // the addon and the devices
  | "ADDON_NOT_FOUND"
  | "ADDON_LOAD_FAILED"
  | "BACKEND_UNAVAILABLE"
  // models
  | "MODEL_NOT_FOUND"
  | "MODEL_NOT_GGUF"
  | "MODEL_VERSION_UNKNOWN"
  | "MODEL_TRUNCATED"
  | "MODEL_TENSOR_OUT_OF_BOUNDS"
  | "MODEL_MALFORMED"
  | "MODEL_ARCHITECTURE_UNKNOWN"
  | "MODEL_TOO_LARGE"
  | "MODEL_CHANGED"
  | "MODEL_LOAD_FAILED"
  // adapters
  | "ADAPTER_NOT_FOUND"
  | "ADAPTER_MALFORMED"
  | "ADAPTER_MISMATCH"
  | "ADAPTER_UNSUPPORTED"
  // contexts and generation
  | "CONTEXT_TOO_LARGE"
  | "CONTEXT_FULL"
  | "PROMPT_TOO_LONG"
  | "DECODE_FAILED"
  // grammars and schemas
  | "GRAMMAR_SYNTAX"
  | "GRAMMAR_UNSUPPORTED"
  | "GRAMMAR_TOO_LARGE"
  | "SCHEMA_INVALID"
  | "SCHEMA_UNSUPPORTED"
  // tools
  | "TOOL_INVALID"
  | "TOOL_DUPLICATE"
  // dialects
  | "DIALECT_UNKNOWN"
  | "DIALECT_TOKEN_MISSING"
  | "DIALECT_INVALID"
  // conversations
  | "MESSAGE_INVALID"
  // sessions
  | "OUTPUT_INVALID"
  // training
  | "TRAINING_DATA_INVALID"
  | "TRAINING_FILE_UNREADABLE"
  | "TRAINING_MODEL_UNSUPPORTED"
  | "TRAINING_DEVICE_UNAVAILABLE"
  | "TRAINING_OUT_OF_MEMORY"
  | "TRAINING_OPTION_INVALID"
  | "TRAINING_BATCH_INVALID"
  | "TRAINING_LOSS_NOT_FINITE"
  | "TRAINING_WRITE_FAILED"
  | "TRAINING_CHECKPOINT_UNREADABLE"
  | "TRAINING_CHECKPOINT_MISMATCH"
  | "TRAINING_COMPUTE_FAILED"
  | "TRAINING_PROCESS_ENDED"
  // anything native that has no case of its own
  | "NATIVE_FAILURE";

/** Facts about one error, safe to print as JSON. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

const brand = Symbol.for("lorikeet.error");

/** The base of every error that this library throws on purpose. */
export class LorikeetError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: new.target.name });
  }

  /**
   * Whether `value` is an error of this class, also where it comes from a second copy of this
   * package (then `instanceof` is false).
   */
  static isInstance<T extends typeof LorikeetError>(
    this: T,
    value: unknown,
  ): value is InstanceType<T> {
    if (value instanceof this) return true;
    if (typeof value !== "object" || value === null) return false;
    const name = (value as Record<symbol, unknown>)[brand];
    return name === this.name || (this.name === "LorikeetError" && typeof name === "string");
  }
}

/** A wrong option, or a call at the wrong time. */
export class OptionError extends LorikeetError {}
/** The addon, its libraries or a device. */
export class BackendError extends LorikeetError {}
/** A model file or a loaded model. */
export class ModelError extends LorikeetError {}
/** An adapter file or folder, or its fit to a model. */
export class AdapterError extends LorikeetError {}
/** A context, a slot or a generation. */
export class GenerationError extends LorikeetError {}
/** A grammar or a JSON Schema. */
export class GrammarError extends LorikeetError {}
/** A tool's definition. */
export class ToolError extends LorikeetError {}
/** A prompt format. */
export class DialectError extends LorikeetError {}
/** A conversation or one of its messages. */
export class MessageError extends LorikeetError {}
/** A session's run. */
export class SessionError extends LorikeetError {}
/** Training an adapter: its data or its run. */
export class TrainingError extends LorikeetError {}
