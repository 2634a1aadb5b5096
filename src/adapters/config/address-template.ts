// The address templates of Consul's configuration (go-sockaddr), such as `{{ GetPrivateIP }}` and
// `{{ GetAllInterfaces | include "network" "10.0.0.0/8" | attr "address" }}`: of Go's text/template what addresses are
// found with, which is pipelines of functions, parentheses and literals. What is not of that (`with`, `range`, variables)
// is refused by name: an address chosen wrongly is worse than none. What the functions do is in address-functions.ts.

import { quoteText } from "../../core/lib/go-quote.ts";
import { FUNCTIONS, printValue, type Value } from "./address-functions.ts";
import { TemplateFault } from "./address-template-fault.ts";
import type { InterfaceAddress } from "./interfaces.ts";

export type Expanded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: string };

/** The text with every `{{ … }}` replaced; a text without them is returned as it is. */
export function expandTemplate(text: string, interfaces: readonly InterfaceAddress[]): Expanded {
  const quoted = quoteText(text);
  try {
    const parts = parseTemplate(text);
    const values = parts.map((part) => (typeof part === "string" ? part : printValue(run(part, interfaces))));
    return { ok: true, text: values.join("") };
  } catch (fault) {
    if (!(fault instanceof TemplateFault)) throw fault;
    const [what, place] =
      fault.at === undefined
        ? ["unable to parse template", ""]
        : ["unable to execute sockaddr input", `:${fault.at}`];
    const reason = `template: sockaddr.Parse:1${place}: ${fault.message}`;
    return { ok: false, error: `error parsing ${quoted}: ${what} ${quoted}: ${reason}` };
  }
}

type Operand =
  | { readonly kind: "literal"; readonly value: Value; readonly at: number; readonly text: string }
  | { readonly kind: "pipe"; readonly pipe: readonly Command[]; readonly at: number };

/** One stage of a pipeline: a function with what it is given, or an operand by itself. */
interface Command {
  /** Undefined for an operand by itself, which is then in `operands`. */
  readonly name: string | undefined;
  readonly operands: readonly Operand[];
  readonly at: number;
  /** As Go prints it in errors. */
  readonly text: string;
}

type Part = string | readonly Command[];

const COMMENT = /^-?\s*\/\*.*\*\/\s*-?$/s;

function parseTemplate(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let trims = false;
  const plain = (to: number, trimsEnd: boolean): void => {
    const between = text.slice(from, to);
    const begun = trims ? between.trimStart() : between;
    parts.push(trimsEnd ? begun.trimEnd() : begun);
  };
  for (let open = text.indexOf("{{"); open >= 0; open = text.indexOf("{{", from)) {
    const close = closing(text, open + 2);
    const inside = text.slice(open + 2, close);
    const trimsBefore = /^-\s/.test(inside);
    plain(open, trimsBefore);
    trims = /\s-$/.test(inside);
    from = close + 2;
    if (COMMENT.test(inside)) continue;
    const begin = trimsBefore ? open + 3 : open + 2;
    const end = trims ? close - 1 : close;
    parts.push(new Parser(text, begin, end).pipeline(true));
  }
  if (text.indexOf("}}", from) >= 0) throw new TemplateFault('unexpected "}" outside of an action');
  plain(text.length, false);
  return parts;
}

/** Where an action ends: at the first braces outside of quotes. */
function closing(text: string, from: number): number {
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string;
    if (quote === "" && text.startsWith("}}", at)) return at;
    if (quote === '"' && character === "\\") at++;
    else if (character === quote) quote = "";
    else if (quote === "" && (character === '"' || character === "`")) quote = character;
  }
  throw new TemplateFault(
    quote === '"' ? "unexpected unterminated quoted string in command" : "unclosed action",
  );
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|([+-]?\d+)|([A-Za-z_]\w*)|([|()])|(\S))/gsy;

interface Token {
  readonly kind: "literal" | "name" | "sign";
  readonly value: Value;
  readonly text: string;
  readonly at: number;
}

class Parser {
  readonly #tokens: Token[] = [];
  #next = 0;

  constructor(text: string, from: number, to: number) {
    TOKEN.lastIndex = from;
    for (let match = TOKEN.exec(text); match !== null && TOKEN.lastIndex <= to; match = TOKEN.exec(text))
      this.#tokens.push(tokenOf(match));
  }

  /** Commands with bars between them, of an action or of a parenthesis. An empty one is left out, as Go does. */
  pipeline(isWhole: boolean): readonly Command[] {
    const commands: Command[] = [];
    for (;;) {
      const command = this.#command();
      if (command !== undefined) commands.push(command);
      const sign = this.#tokens[this.#next];
      if (sign?.text !== "|") break;
      this.#next++;
    }
    const left = this.#tokens[this.#next];
    if (left !== undefined && left.text !== ")")
      throw new TemplateFault(`unexpected ${quoteText(left.text)} in command`);
    if (commands.length === 0) throw new TemplateFault("missing value for command");
    if (left !== undefined && isWhole) throw new TemplateFault("unexpected right paren");
    return commands;
  }

  #command(): Command | undefined {
    const first = this.#tokens[this.#next];
    if (first === undefined || (first.kind === "sign" && first.text !== "(")) return undefined;
    const name = first.kind === "name" ? first.text : undefined;
    if (name !== undefined) {
      this.#next++;
      if (!Object.hasOwn(FUNCTIONS, name)) throw new TemplateFault(`function ${quoteText(name)} not defined`);
    }
    const operands = this.#operands();
    const printed = operands.map((each) => (each.kind === "literal" ? each.text : "(…)"));
    return {
      name,
      operands,
      at: first.at,
      text: [...(name === undefined ? [] : [name]), ...printed].join(" "),
    };
  }

  #operands(): Operand[] {
    const operands: Operand[] = [];
    for (let token = this.#tokens[this.#next]; token !== undefined; token = this.#tokens[this.#next]) {
      const { at, value, text } = token;
      if (token.kind === "literal") operands.push({ kind: "literal", value, at, text });
      else if (token.kind === "name") operands.push({ kind: "pipe", pipe: [callOf(token)], at });
      else if (text === "(") {
        this.#next++;
        operands.push({ kind: "pipe", pipe: this.pipeline(false), at });
        if (this.#tokens[this.#next]?.text !== ")") throw new TemplateFault("unclosed left paren");
      } else break;
      this.#next++;
    }
    return operands;
  }
}

/** A function's name among what another is given: it is called with nothing. */
function callOf({ text, at }: Token): Command {
  if (!Object.hasOwn(FUNCTIONS, text)) throw new TemplateFault(`function ${quoteText(text)} not defined`);
  return { name: text, operands: [], at, text };
}

function tokenOf(match: RegExpExecArray): Token {
  const [whole, quoted, raw, number, name, sign, other] = match;
  const text = whole.trimStart();
  const at = match.index + whole.length - text.length;
  if (quoted !== undefined) return { kind: "literal", value: unquoted(quoted), text, at };
  if (raw !== undefined) return { kind: "literal", value: raw, text, at };
  if (number !== undefined) return { kind: "literal", value: Number(number), text, at };
  if (name !== undefined) return { kind: "name", value: name, text, at };
  if (sign !== undefined) return { kind: "sign", value: sign, text, at };
  throw new TemplateFault(`unexpected ${quoteText(other ?? "")} in command`);
}

function unquoted(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new TemplateFault(`malformed string ${quoted}`);
  }
}

/** What came of each stage is the last of what the next is given. */
function run(pipe: readonly Command[], interfaces: readonly InterfaceAddress[]): Value {
  let piped: Value | undefined;
  for (const command of pipe) piped = runCommand(command, piped, interfaces);
  return piped ?? "";
}

function runCommand(
  { name, operands, at, text }: Command,
  piped: Value | undefined,
  interfaces: readonly InterfaceAddress[],
): Value {
  const given = operands.map((each) => (each.kind === "literal" ? each.value : run(each.pipe, interfaces)));
  const all = piped === undefined ? given : [...given, piped];
  const fail = (message: string, shown: string, place: number): never => {
    throw new TemplateFault(`executing "sockaddr.Parse" at <${shown}>: ${message}`, place);
  };
  if (name === undefined) {
    if (all.length !== 1) fail(`can't give argument to non-function ${text}`, text, at);
    return all[0] as Value;
  }
  const called = FUNCTIONS[name];
  if (called === undefined) return fail(`function ${quoteText(name)} not defined`, name, at);
  const { takes, call } = called;
  if (all.length !== takes.length)
    return fail(`wrong number of args for ${name}: want ${takes.length} got ${all.length}`, name, at);
  for (const [place, wanted] of takes.entries()) {
    const operand = operands[place];
    const literal = operand?.kind === "literal" ? operand : undefined;
    const value = all[place] as Value;
    if (wanted === "uint" && !(typeof value === "number" && value >= 0))
      return fail(
        `expected unsigned integer; found ${literal?.text ?? ""}`,
        literal?.text ?? text,
        literal?.at ?? at,
      );
    if (wanted === "int" && typeof value !== "number")
      return fail(`expected integer; found ${literal?.text ?? ""}`, literal?.text ?? text, literal?.at ?? at);
    if (wanted === "text" && typeof value !== "string")
      return fail(`expected string; found ${literal?.text ?? ""}`, literal?.text ?? text, literal?.at ?? at);
  }
  try {
    return call(all, interfaces);
  } catch (fault) {
    if (!(fault instanceof TemplateFault) || fault.at !== undefined) throw fault;
    return fail(`error calling ${name}: ${fault.message}`, text, at);
  }
}
