// Tokens to a tree. All operators bind alike, from left to right, and a minus sign before anything else than a number
// takes only what stands next to it; so the original has it.

import { lex, type Token } from "./lex.ts";
import type { Node, Operator } from "./tree.ts";

/** What nests deeper is refused: it is walked through by recursion. */
const MAX_DEPTH = 500;

interface Parser {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

/** The template; undefined for what is none. */
export function parse(text: string): Node | undefined {
  const tokens = lex(text);
  if (tokens === undefined) return undefined;
  const parser: Parser = { tokens, at: 0, depth: 0 };
  const parts = readParts(parser);
  if (parts === undefined || !isAt(parser, "end")) return undefined;
  const [only] = parts;
  const at = only?.at ?? { line: 1, column: 1 };
  return only?.type === "text" && parts.length === 1 ? only : { type: "output", parts, at };
}

function isAt(parser: Parser, ...types: readonly Token["type"][]): boolean {
  return types.includes(parser.tokens[parser.at]?.type ?? "end");
}

/** Goes past a token of this type, if that is what comes. */
function take<T extends Token["type"]>(
  parser: Parser,
  type: T,
): Extract<Token, { readonly type: T }> | undefined {
  const token = parser.tokens[parser.at];
  if (token?.type !== type) return undefined;
  parser.at++;
  return token as Extract<Token, { readonly type: T }>;
}

/** Texts and "${…}", as many as come. */
function readParts(parser: Parser): Node[] | undefined {
  const parts: Node[] = [];
  while (isAt(parser, "text", "${")) {
    const text = take(parser, "text");
    const part = text ?? readInterpolation(parser);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

function readInterpolation(parser: Parser): Node | undefined {
  if (take(parser, "${") === undefined) return undefined;
  const inner = readExpression(parser);
  return inner !== undefined && take(parser, "}") !== undefined ? inner : undefined;
}

function readExpression(parser: Parser): Node | undefined {
  if (parser.depth >= MAX_DEPTH) return undefined;
  parser.depth++;
  const first = readOperand(parser);
  parser.depth--;
  if (first === undefined) return undefined;
  const rest: { operator: Operator; operand: Node }[] = [];
  for (let sign = take(parser, "operator"); sign !== undefined; sign = take(parser, "operator")) {
    const operand = readOperand(parser);
    if (operand === undefined) return undefined;
    rest.push({ operator: sign.operator, operand });
  }
  return rest.length === 0 ? first : { type: "chain", first, rest, at: first.at };
}

function readOperand(parser: Parser): Node | undefined {
  let negations = 0;
  for (let sign = take(parser, "operator"); sign !== undefined; sign = take(parser, "operator")) {
    if (sign.operator !== "-") return undefined;
    negations++;
  }
  const operand = readPrimary(parser);
  return operand === undefined || negations === 0 ? operand : negated(operand, negations);
}

/** Nothing less it, and nothing less that: twice is once without a sign, but a number it has become. */
function negated(operand: Node, negations: number): Node {
  const { at } = operand;
  const nothing: Node = { type: "int", value: 0n, at };
  const once: Node = { type: "chain", first: nothing, rest: [{ operator: "-", operand }], at };
  if (negations % 2 === 1) return once;
  return { type: "chain", first: nothing, rest: [{ operator: "-", operand: once }], at };
}

function readPrimary(parser: Parser): Node | undefined {
  if (isAt(parser, "text", "${")) {
    const parts = readParts(parser);
    if (parts === undefined) return undefined;
    const [first, ...others] = parts;
    return first === undefined || others.length === 0 ? first : { type: "output", parts, at: first.at };
  }
  if (take(parser, "(") !== undefined) {
    const inner = readExpression(parser);
    return take(parser, ")") === undefined ? undefined : inner;
  }
  const number = take(parser, "int") ?? take(parser, "float");
  return number ?? readNamed(parser);
}

function readNamed(parser: Parser): Node | undefined {
  const named = take(parser, "name");
  if (named === undefined) return undefined;
  const { name, at } = named;
  if (take(parser, "(") !== undefined) {
    const args = readArguments(parser);
    return args === undefined ? undefined : { type: "call", name, args, at };
  }
  if (take(parser, "[") === undefined) return { type: "variable", name, at };
  const key = readExpression(parser);
  return key === undefined || take(parser, "]") === undefined ? undefined : { type: "index", name, key, at };
}

/** The original takes a comma before the first of them too. */
function readArguments(parser: Parser): Node[] | undefined {
  const args: Node[] = [];
  if (!isAt(parser, ")", ",")) {
    const first = readExpression(parser);
    if (first === undefined) return undefined;
    args.push(first);
  }
  while (take(parser, ",") !== undefined) {
    const next = readExpression(parser);
    if (next === undefined) return undefined;
    args.push(next);
  }
  return take(parser, ")") === undefined ? undefined : args;
}
