// What can be wrong with an expression, in the words of Go's regexp package, which Consul's errors quote.

export type FaultCode =
  | "invalid character class range"
  | "invalid escape sequence"
  | "invalid named capture"
  | "invalid or unsupported Perl syntax"
  | "invalid nested repetition operator"
  | "invalid repeat count"
  | "missing closing ]"
  | "missing closing )"
  | "missing argument to repetition operator"
  | "trailing backslash at end of expression"
  | "unexpected )"
  /** Later versions of Go have these two; earlier ones try. */
  | "expression nests too deeply"
  | "expression too large";

/** Where the reading of an expression ends when it is wrong. */
export interface Fault {
  readonly code: FaultCode;
  /** The part of the expression that is wrong. */
  readonly part: string;
}

export function faultText({ code, part }: Fault): string {
  return `error parsing regexp: ${code}: \`${part}\``;
}
