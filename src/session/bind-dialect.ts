/**
 * The dialect of a session, bound to its model, and whether its adapters were trained in it.
 */
import type { Dialect } from "../dialects/dialect.js";
import { DIALECT_KEY, resolveDialect, type DialectChoice } from "../dialects/resolve-dialect.js";
import type { ActiveAdapter, EngineModel } from "../engine/engine.js";

/**
 * Binds the chosen dialect, or the one that the model's file or the adapters call for.
 *
 * @throws {DialectError} DIALECT_UNKNOWN, DIALECT_INVALID, DIALECT_TOKEN_MISSING
 */
export function bindDialect(
  choice: DialectChoice,
  model: EngineModel,
  adapters: readonly ActiveAdapter[],
): Dialect {
  const { architecture, metadata, chatTemplate, beginToken } = model;
  const vocabulary = { specialToken: (text: string) => model.specialToken(text), beginToken };
  const trained = adapters.map(({ adapter }) => adapter.metadata);
  return resolveDialect(choice, { architecture, metadata, chatTemplate, vocabulary }, trained);
}

/** Tells of each adapter that was trained in another dialect than the one it is used in. */
export function warnOfDialects(
  dialect: Dialect,
  adapters: readonly ActiveAdapter[],
  log: ((line: string) => void) | undefined,
): void {
  for (const { adapter } of adapters) {
    const trained = adapter.metadata[DIALECT_KEY];
    if (typeof trained !== "string" || trained === dialect.name) continue;
    log?.(
      `The adapter ${adapter.path} was trained in the dialect "${trained}" and is used in ` +
        `"${dialect.name}", so it will likely do worse. Leave the option "dialect" away.`,
    );
  }
}
