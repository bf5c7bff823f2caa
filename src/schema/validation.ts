/**
 * What came of validating a value.
 */

/** One place where a value does not fit its schema. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type Validation<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };
