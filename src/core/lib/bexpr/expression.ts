// What a filter says, before anybody asks of what: the tree that parse.ts makes and compile.ts takes. Words of others are
// ByteStrings, since an escape in a filter can stand for any byte.

import type { ByteString } from "../bytes.ts";

/** By the names that go-bexpr's errors give them. "contains" is "In", read from its other end. */
export type Operator =
  | "Equal"
  | "Not Equal"
  | "In"
  | "Not In"
  | "Is Empty"
  | "Is Not Empty"
  | "Matches"
  | "Not Matches";

/** One comparison. */
export interface Match {
  readonly kind: "match";
  /** Names of fields within each other, and keys of maps. Never empty. */
  readonly selector: readonly ByteString[];
  readonly operator: Operator;
  /** "" for operators that take none. */
  readonly value: ByteString;
}

export type Expression =
  | Match
  | { readonly kind: "not"; readonly operand: Expression }
  /** Two or more, judged from the left until it is clear. */
  | { readonly kind: "and" | "or"; readonly operands: readonly Expression[] };
