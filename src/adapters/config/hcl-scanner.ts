// The words of HCL 1, the language of Consul's .hcl files: identifiers, numbers, strings with their escapes and
// interpolations, heredocs, comments. Positions are line and column from 1, as HCL's errors print them. What the words
// mean together is hcl.ts's business. HCL 1 has no written grammar: its scanner is the standard, and where that is
// odd (a newline cannot end up in a string except inside ${…}) so is this one.

export type TokenType =
  | "IDENT"
  | "NUMBER"
  | "FLOAT"
  | "BOOL"
  | "STRING"
  | "HEREDOC"
  | "LBRACK"
  | "LBRACE"
  | "COMMA"
  | "RBRACK"
  | "RBRACE"
  | "ASSIGN"
  | "ADD"
  | "SUB"
  | "EOF";

export interface Token {
  readonly type: TokenType;
  /** As written, quotes and all. */
  readonly text: string;
  /** Of strings and heredocs: what they stand for. */
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** Where something is wrong and what; caught by `parseHcl`. */
export class HclFault extends Error {
  constructor(line: number, column: number, message: string) {
    super(`At ${line}:${column}: ${message}`);
  }
}

interface Scanner {
  readonly text: string;
  at: number;
  line: number;
  /** Offset of the first character of the current line. */
  lineStart: number;
}

const PUNCTUATION: Readonly<Record<string, TokenType>> = {
  "[": "LBRACK",
  "]": "RBRACK",
  "{": "LBRACE",
  "}": "RBRACE",
  ",": "COMMA",
  "=": "ASSIGN",
  "+": "ADD",
  "-": "SUB",
};

/** All tokens of the text, ending with one EOF. @throws HclFault at the first that is ill-formed. */
export function scanHcl(text: string): Token[] {
  const scanner: Scanner = { text, at: 0, line: 1, lineStart: 0 };
  const tokens: Token[] = [];
  for (;;) {
    skipBlanksAndComments(scanner);
    const token = scanToken(scanner);
    tokens.push(token);
    if (token.type === "EOF") return tokens;
  }
}

function fault(scanner: Scanner, at: number, message: string): never {
  throw new HclFault(scanner.line, at - scanner.lineStart + 1, message);
}

function newLine(scanner: Scanner): void {
  scanner.line++;
  scanner.lineStart = scanner.at;
}

function skipBlanksAndComments(scanner: Scanner): void {
  for (;;) {
    const next = scanner.text.charAt(scanner.at);
    if (next === "\n") {
      scanner.at++;
      newLine(scanner);
    } else if (/[ \t\r]/.test(next)) scanner.at++;
    else if (next === "#" || scanner.text.startsWith("//", scanner.at)) skipLine(scanner);
    else if (scanner.text.startsWith("/*", scanner.at)) skipComment(scanner);
    else return;
  }
}

function skipLine(scanner: Scanner): void {
  const end = scanner.text.indexOf("\n", scanner.at);
  scanner.at = end < 0 ? scanner.text.length : end;
}

function skipComment(scanner: Scanner): void {
  const end = scanner.text.indexOf("*/", scanner.at + 2);
  const stop = end < 0 ? scanner.text.length : end + 2;
  while (scanner.at < stop) if (scanner.text.charAt(scanner.at++) === "\n") newLine(scanner);
  if (end < 0) fault(scanner, scanner.at, "comment not terminated");
}

/** HCL 1 prints the end of the text one column after where it is. */
const END_COLUMN_SHIFT = 1;

function scanToken(scanner: Scanner): Token {
  const { text, at, line } = scanner;
  const column = at - scanner.lineStart + 1;
  const take = (type: TokenType, length: number, value = ""): Token => {
    scanner.at = at + length;
    return { type, text: text.slice(at, at + length), value, line, column };
  };
  if (at >= text.length) return { type: "EOF", text: "", value: "", line, column: column + END_COLUMN_SHIFT };
  const word = matchAt(/[\p{L}_][\p{L}\p{Nd}_.-]*/uy, text, at);
  if (word !== "") return take(word === "true" || word === "false" ? "BOOL" : "IDENT", word.length);
  const number = matchAt(/-?(0[xX][0-9a-fA-F]+|\d+(\.\d+)?([eE][-+]?\d+)?)|\.\d+([eE][-+]?\d+)?/y, text, at);
  if (number !== "")
    return take(/^-?0[xX]/.test(number) || /^-?\d+$/.test(number) ? "NUMBER" : "FLOAT", number.length);
  if (text.charAt(at) === '"') return scanString(scanner);
  if (text.startsWith("<<", at)) return scanHeredoc(scanner);
  const punctuation = PUNCTUATION[text.charAt(at)];
  if (punctuation !== undefined) return take(punctuation, 1);
  return fault(scanner, at, text.charAt(at) === "/" ? "expected '/' for comment" : "illegal char");
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** A string ends at its quote, but not inside `${…}`: there quotes, newlines and backslashes stand for themselves. */
function scanString(scanner: Scanner): Token {
  const { text, at: start, line } = scanner;
  const column = start - scanner.lineStart + 1;
  let value = "";
  let braces = 0;
  scanner.at++;
  for (;;) {
    const next = text.charAt(scanner.at);
    if (next === "" || (next === "\n" && braces === 0)) fault(scanner, scanner.at, "literal not terminated");
    if (next === '"' && braces === 0) break;
    if (next === "\\" && braces === 0) {
      value += scanEscape(scanner);
      continue;
    }
    if (braces === 0 && text.startsWith("${", scanner.at)) {
      braces = 1;
      value += "${";
      scanner.at += 2;
      continue;
    }
    if (braces > 0 && next === "{") braces++;
    if (braces > 0 && next === "}") braces--;
    value += next;
    scanner.at++;
    if (next === "\n") newLine(scanner);
  }
  scanner.at++;
  return { type: "STRING", text: text.slice(start, scanner.at), value, line, column };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

function scanEscape(scanner: Scanner): string {
  const { text } = scanner;
  const at = scanner.at + 1;
  const simple = ESCAPES[text.charAt(at)];
  if (simple !== undefined) {
    scanner.at = at + 1;
    return simple;
  }
  const coded = matchAt(/[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}/y, text, at);
  const octal = /^[0-7]/.test(coded);
  const code = octal ? Number.parseInt(coded, 8) : Number.parseInt(coded.slice(1), 16);
  if (coded === "" || code > 0x10ffff) return fault(scanner, at, "illegal char escape");
  scanner.at = at + coded.length;
  return String.fromCodePoint(code);
}

/** `<<EOF` up to a line that holds nothing but EOF; `<<-EOF` takes the closing line's indentation off every line. */
function scanHeredoc(scanner: Scanner): Token {
  const { text, at: start, line } = scanner;
  const column = start - scanner.lineStart + 1;
  const opening = matchAt(/<<(-?)([\p{L}\p{Nd}_]*)\r?/uy, text, start);
  const indented = opening.startsWith("<<-");
  const anchor = opening.slice(indented ? 3 : 2).trimEnd();
  if (text.charAt(start + opening.length) !== "\n") {
    const ended = start + opening.length >= text.length;
    fault(
      scanner,
      start + opening.length,
      ended ? "heredoc not terminated" : "invalid characters in heredoc anchor",
    );
  }
  if (anchor === "") fault(scanner, start, "zero-length heredoc anchor");
  scanner.at = start + opening.length + 1;
  newLine(scanner);
  const lines: string[] = [];
  while (scanner.at < text.length) {
    const end = text.indexOf("\n", scanner.at);
    const stop = end < 0 ? text.length : end;
    const content = text.slice(scanner.at, stop);
    if (content.trim() === anchor) {
      scanner.at = stop;
      const value = (indented ? unindent(lines, content.slice(0, content.indexOf(anchor))) : lines)
        .map((each) => `${each}\n`)
        .join("");
      return { type: "HEREDOC", text: text.slice(start, stop), value, line, column };
    }
    lines.push(content);
    scanner.at = Math.min(stop + 1, text.length);
    if (end >= 0) newLine(scanner);
  }
  return fault(scanner, scanner.at, "heredoc not terminated");
}

/** Lines are moved left together or not at all, so that their relative indentation is never lost. */
function unindent(lines: readonly string[], indent: string): readonly string[] {
  return lines.every((each) => each.startsWith(indent))
    ? lines.map((each) => each.slice(indent.length))
    : lines;
}
