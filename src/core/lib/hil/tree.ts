// A template as a tree.

/** Of a character in the text, as the original counts: a line's end is the first character of the line that it begins. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Operator = "+" | "-" | "*" | "/" | "%";

export type Node = { readonly at: Place } & (
  | { readonly type: "text"; readonly value: string }
  /** Of 64 bits. */
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "call"; readonly name: string; readonly args: readonly Node[] }
  | { readonly type: "index"; readonly name: string; readonly key: Node }
  /** From left to right, no operator before another. */
  | {
      readonly type: "chain";
      readonly first: Node;
      readonly rest: readonly { readonly operator: Operator; readonly operand: Node }[];
    }
  /** What all parts have to say, one behind the other. */
  | { readonly type: "output"; readonly parts: readonly Node[] }
);
