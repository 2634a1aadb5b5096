// A template's text in tokens. Outside of "${…}" it is text as it is, but that "$$" is one dollar sign; inside are names,
// numbers, operators and quoted strings, which may have "${…}" in them again.

import type { Operator, Place } from "./tree.ts";

export type Token = { readonly at: Place } & (
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "operator"; readonly operator: Operator }
  | { readonly type: "${" | "}" | "(" | ")" | "[" | "]" | "," | "end" }
);

interface Lexer {
  /** Whole characters, which columns count. */
  readonly characters: readonly string[];
  at: number;
  /** How many characters have been looked at for ends of lines, and in which line the last of them is. */
  seen: number;
  line: number;
  lineStart: number;
  /** How many "${" are open. */
  depth: number;
  /** Whether names and numbers come, not text. */
  inside: boolean;
  readonly tokens: Token[];
}

const MARKS = ["(", ")", "[", "]", ","] as const;
const OPERATORS = ["+", "-", "*", "/", "%"] as const;
/** Go's unicode.IsSpace. */
const SPACE = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;
const IN_NAME = /^[\p{L}\p{N}_.-]$/u;

/** All tokens, the last one "end"; undefined where something is no token. */
export function lex(text: string): Token[] | undefined {
  const lexer: Lexer = {
    characters: [...text],
    at: 0,
    seen: 0,
    line: 1,
    lineStart: 0,
    depth: 0,
    inside: false,
    tokens: [],
  };
  while (lexer.at < lexer.characters.length)
    if (!(lexer.inside ? lexInside(lexer) : lexText(lexer, placeOf(lexer, lexer.at), false)))
      return undefined;
  lexer.tokens.push({ type: "end", at: placeOf(lexer, lexer.at) });
  return lexer.tokens;
}

/** To be asked for one place after the other. */
function placeOf(lexer: Lexer, at: number): Place {
  for (; lexer.seen <= at; lexer.seen++)
    if (lexer.characters[lexer.seen] === "\n") {
      lexer.line++;
      lexer.lineStart = lexer.seen;
    }
  return { line: lexer.line, column: at - lexer.lineStart + 1 };
}

function push(lexer: Lexer, token: Token, end: number): true {
  lexer.tokens.push(token);
  lexer.at = end;
  return true;
}

/**
 * Text up to the next "${", or, within another "${…}", up to the quote that ends it.
 * @param opened Whether its opening quote is what stands before it.
 */
function lexText(lexer: Lexer, at: Place, opened: boolean): boolean {
  const { characters, at: start } = lexer;
  const quoted = lexer.depth > 0;
  let value = "";
  for (let end = start; ; end++) {
    let character = characters[end];
    if (character === undefined && quoted) return false;
    const begins = character === "$" && characters[end + 1] === "{";
    if (character === undefined || begins || (quoted && character === '"')) {
      // An empty string is a token, the nothing between two "${…}" is none.
      if (value !== "" || (opened && !begins)) push(lexer, { type: "text", value, at }, end);
      lexer.inside = quoted && !begins;
      lexer.at = lexer.inside ? end + 1 : end;
      if (begins) open(lexer);
      return true;
    }
    if (character === "$" && characters[end + 1] === "$") end++;
    else if (quoted && character === "\\") {
      const escaped = unescaped(characters[end + 1]);
      if (escaped !== undefined) {
        character = escaped;
        end++;
      }
    }
    value += character;
  }
}

/** What stands behind a backslash in a string; undefined where the backslash is one. */
function unescaped(character: string | undefined): string | undefined {
  if (character === "n") return "\n";
  return character === "\\" || character === '"' ? character : undefined;
}

function open(lexer: Lexer): void {
  push(lexer, { type: "${", at: placeOf(lexer, lexer.at) }, lexer.at + 2);
  lexer.depth++;
  lexer.inside = true;
}

/** One token within "${…}". It stands, as the original counts, where the blanks before it begin. */
function lexInside(lexer: Lexer): boolean {
  const { characters } = lexer;
  const at = placeOf(lexer, lexer.at);
  let from = lexer.at;
  while (SPACE.test(characters[from] ?? "")) from++;
  const character = characters[from];
  lexer.at = from;
  if (character === undefined) return true;
  if (character === '"') {
    lexer.at++;
    return lexText(lexer, at, true);
  }
  if (character === "}") {
    lexer.depth--;
    lexer.inside = false;
    return push(lexer, { type: "}", at }, from + 1);
  }
  const mark = MARKS.find((each) => each === character);
  if (mark !== undefined) return push(lexer, { type: mark, at }, from + 1);
  if (/[0-9]/.test(character)) return lexNumber(lexer, at);
  const operator = OPERATORS.find((each) => each === character);
  if (operator !== undefined) return push(lexer, { type: "operator", operator, at }, from + 1);
  return lexName(lexer, at);
}

/** Whole numbers are octal with a zero in front, as in Go. */
function lexNumber(lexer: Lexer, at: Place): boolean {
  const { characters } = lexer;
  let end = lexer.at;
  while (/[0-9]/.test(characters[end] ?? "")) end++;
  const isFloat = characters[end] === ".";
  if (isFloat)
    do end++;
    while (/[0-9]/.test(characters[end] ?? ""));
  const digits = characters.slice(lexer.at, end).join("");
  if (isFloat) {
    const value = Number(digits);
    return Number.isFinite(value) && push(lexer, { type: "float", value, at }, end);
  }
  const isOctal = /^0[0-7]+$/.test(digits);
  if (!isOctal && /^0./.test(digits)) return false;
  const value = BigInt(isOctal ? `0o${digits}` : digits);
  return value < 2n ** 63n && push(lexer, { type: "int", value, at }, end);
}

/** A star belongs to a name only behind a dot: elsewhere it multiplies. */
function lexName(lexer: Lexer, at: Place): boolean {
  const { characters } = lexer;
  let end = lexer.at;
  for (; ; end++) {
    const character = characters[end] ?? "";
    if (!IN_NAME.test(character) && !(character === "*" && characters[end - 1] === ".")) break;
  }
  if (end === lexer.at) return false;
  return push(lexer, { type: "name", name: characters.slice(lexer.at, end).join(""), at }, end);
}
