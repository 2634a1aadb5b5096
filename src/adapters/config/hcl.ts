// HCL 1 as Consul's configuration files use it: `key = value`, blocks `key { … }` and `key "label" { … }`, lists, objects.
// The result has HCL 1's shape: every block or object is a list of maps (two blocks of one name make a list of two),
// which config/decode.ts unwraps where one map is meant. Errors name line and column in HCL's words.

import { type ByteString, decodeRune, textOf } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import {
  isRawList,
  isRawMap,
  type Parsed,
  type RawMap,
  type RawNumber,
  type RawValue,
} from "../../core/lib/raw-value.ts";
import { HclFault, scanHcl, type Token } from "./hcl-scanner.ts";

/** Nested blocks and lists past this are refused, so that no file can exhaust the stack. */
const MAX_DEPTH = 500;

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

/** The whole file as one map, or HCL's error text. */
export function parseHcl(bytes: ByteString): Parsed {
  const illFormed = positionOfIllFormed(bytes);
  if (illFormed !== undefined) return { ok: false, error: `At ${illFormed}: illegal UTF-8 encoding` };
  try {
    const cursor: Cursor = { tokens: scanHcl(textOf(bytes)), at: 0, depth: 0 };
    return { ok: true, value: parseItems(cursor, "EOF") };
  } catch (fault) {
    if (fault instanceof HclFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

function positionOfIllFormed(bytes: ByteString): string | undefined {
  let line = 1;
  let column = 1;
  for (let at = 0; at < bytes.length; ) {
    const { code, length } = decodeRune(bytes, at);
    if (code < 0) return `${line}:${column}`;
    at += length;
    column = code === 10 ? 1 : column + 1;
    if (code === 10) line++;
  }
  return undefined;
}

function peek(cursor: Cursor): Token {
  return cursor.tokens[Math.min(cursor.at, cursor.tokens.length - 1)] as Token;
}

function take(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.at++;
  return token;
}

function fault(token: Token, message: string): never {
  throw new HclFault(token.line, token.column, message);
}

/** Items up to the closing token, which is taken. A comma after an item is allowed and means nothing. */
function parseItems(cursor: Cursor, closing: "RBRACE" | "EOF"): RawMap {
  const map = new Map<string, RawValue>();
  while (peek(cursor).type !== closing) {
    const token = peek(cursor);
    if (token.type === "EOF") fault(token, `object expected closing RBRACE got: ${token.type}`);
    parseItem(cursor, map);
    if (peek(cursor).type === "COMMA") cursor.at++;
  }
  cursor.at++;
  return map;
}

function parseItem(cursor: Cursor, map: Map<string, RawValue>): void {
  const keys = parseKeys(cursor);
  const next = take(cursor);
  if (next.type === "ASSIGN") addItem(map, keys, parseValue(cursor));
  else if (next.type === "LBRACE") addItem(map, keys, [parseObject(cursor)]);
  else fault(next, `key '${keys.join(" ")}' expected start of object ('{') or assignment ('=')`);
}

/** One key before `=`; before `{` also labels, which are keys of maps within maps. */
function parseKeys(cursor: Cursor): string[] {
  const keys: string[] = [];
  for (;;) {
    const token = peek(cursor);
    if (token.type === "IDENT" || token.type === "STRING") {
      keys.push(token.type === "STRING" ? token.value : token.text);
      cursor.at++;
    } else if (token.type === "ASSIGN") {
      if (keys.length > 1) fault(token, `nested object expected: LBRACE got: ${token.type}`);
      if (keys.length === 0) fault(token, "no object keys found!");
      return keys;
    } else if (token.type === "LBRACE") {
      if (keys.length === 0) fault(token, `expected: IDENT | STRING got: ${token.type}`);
      return keys;
    } else if (keys.length > 0 && (token.type === "EOF" || token.type === "RBRACE")) return keys;
    else fault(token, `expected: IDENT | STRING | ASSIGN | LBRACE got: ${token.type}`);
  }
}

/** Blocks of one name gather in a list; a plain value replaces what was there. */
function addItem(map: Map<string, RawValue>, keys: readonly string[], value: RawValue): void {
  const [key, ...labels] = keys as readonly [string, ...string[]];
  const wrapped = labels.reduceRight<RawValue>((inner, label) => [new Map([[label, inner]])], value);
  const before = map.get(key);
  const gathers = isListOfMaps(wrapped) && before !== undefined && isListOfMaps(before);
  map.set(key, gathers ? [...(before as readonly RawValue[]), ...(wrapped as readonly RawValue[])] : wrapped);
}

function isListOfMaps(value: RawValue): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    isRawList(value) &&
    value.length > 0 &&
    value.every(isRawMap)
  );
}

function parseValue(cursor: Cursor): RawValue {
  const token = take(cursor);
  if (token.type === "LBRACE") return [parseObject(cursor)];
  if (token.type === "LBRACK") return parseList(cursor);
  const literal = parseLiteral(token);
  if (literal === undefined)
    fault(token, `Unknown token: ${token.line}:${token.column} ${token.type} ${token.text}`);
  return literal;
}

function parseLiteral(token: Token): RawValue | undefined {
  switch (token.type) {
    case "BOOL":
      return token.text === "true";
    case "STRING":
    case "HEREDOC":
      return token.value;
    case "NUMBER":
      return parseInteger(token);
    case "FLOAT":
      return { goType: "float64", text: token.text, value: Number(token.text) };
    default:
      return undefined;
  }
}

/** As Go's ParseInt with base 0: 0x… is hexadecimal, a leading 0 makes it octal. */
function parseInteger(token: Token): RawNumber {
  const digits = token.text.replace(/^-/, "");
  const octal = /^0\d/.test(digits);
  if (octal && /[89]/.test(digits)) fault(token, "illegal octal number");
  const size = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const value = token.text.startsWith("-") ? -size : size;
  if (BigInt.asIntN(64, value) !== value)
    fault(token, `strconv.ParseInt: parsing ${quoteText(token.text)}: value out of range`);
  return { goType: "int", text: value.toString(), value: Number(value) };
}

function enter(cursor: Cursor): void {
  if (++cursor.depth > MAX_DEPTH) fault(peek(cursor), "nested too deeply");
}

function parseObject(cursor: Cursor): RawMap {
  enter(cursor);
  const map = parseItems(cursor, "RBRACE");
  cursor.depth--;
  return map;
}

/** Items with commas between them. HCL 1 takes a comma too many without a word, so we do. */
function parseList(cursor: Cursor): readonly RawValue[] {
  enter(cursor);
  const items: RawValue[] = [];
  let needsComma = false;
  for (;;) {
    const token = take(cursor);
    if (token.type === "RBRACK") {
      cursor.depth--;
      return items;
    }
    if (token.type === "COMMA") needsComma = false;
    else if (needsComma) fault(token, `error parsing list, expected comma or list end, got: ${token.type}`);
    else {
      items.push(parseListItem(cursor, token));
      needsComma = true;
    }
  }
}

function parseListItem(cursor: Cursor, token: Token): RawValue {
  if (token.type === "LBRACE") return parseObject(cursor);
  if (token.type === "LBRACK") return parseList(cursor);
  const literal = parseLiteral(token);
  if (literal === undefined) fault(token, `unexpected token while parsing list: ${token.type}`);
  return literal;
}
