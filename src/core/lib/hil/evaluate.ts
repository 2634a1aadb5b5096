// What a template says when its names have values. What is wrong with it is found in the original's order and told in its
// words: first names that nobody knows, then what can't be computed with, then what turns out not to be a number.

import { formatGoFloat, type ParsedNumber, parseGoFloat, parseIntLiteral } from "../go-number.ts";
import type { Node, Operator } from "./tree.ts";

/** What names stand for. All variables are texts; the functions take one whole number and give a text. */
export interface Scope {
  readonly variables: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, (number: number) => string>;
}

type Value =
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "float"; readonly value: number };

/** Carries what is wrong from the depth of the tree to `evaluate`, which alone catches it. */
class Fault extends Error {}

export type Evaluated =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly error: string };

export function evaluate(tree: Node, scope: Scope): Evaluated {
  try {
    checkNames(tree, scope);
    checkTypes(tree, scope);
    return { ok: true, value: asText(evaluated(tree, scope)) };
  } catch (fault) {
    if (fault instanceof Fault) return { ok: false, error: fault.message };
    throw fault;
  }
}

/** What is within comes before what is around it. The original does not look into what has an index. */
function checkNames(node: Node, scope: Scope): void {
  const fail = (what: string): never => {
    throw new Fault(`${node.at.line}:${node.at.column}: ${what}`);
  };
  for (const part of partsOf(node)) checkNames(part, scope);
  if (node.type === "variable" && !scope.variables.has(node.name))
    fail(`unknown variable accessed: ${node.name}`);
  if (node.type !== "call") return;
  if (!scope.functions.has(node.name)) fail(`unknown function called: ${node.name}`);
  if (node.args.length !== 1) fail(`${node.name}: expected 1 arguments, got ${node.args.length}`);
}

function partsOf(node: Node): readonly Node[] {
  if (node.type === "chain") return [node.first, ...node.rest.map(({ operand }) => operand)];
  if (node.type === "output") return node.parts;
  return node.type === "call" ? node.args : [];
}

function checkTypes(node: Node, scope: Scope): Value["type"] {
  const fail = (what: string): never => {
    throw new Fault(`At column ${node.at.column}, line ${node.at.line}: ${what}`);
  };
  const types = partsOf(node).map((part) => checkTypes(part, scope));
  switch (node.type) {
    case "text":
    case "int":
    case "float":
      return node.type;
    case "chain": {
      let [type = "text"] = types;
      for (const [at, { operator }] of node.rest.entries()) {
        type = commonType(type, types[at + 1] ?? "text");
        if (type === "float" && operator === "%") fail("modulo cannot be used with floats");
      }
      return type;
    }
    case "index":
      return fail(indexFault(node, scope));
    default:
      return "text";
  }
}

/** There is nothing that could have an index; what is told of one that has is this. */
function indexFault({ name, key }: Extract<Node, { type: "index" }>, scope: Scope): string {
  const { variables, functions } = scope;
  if (!variables.has(name)) return `unknown variable accessed: ${name}`;
  if (key.type === "index") return indexFault(key, scope);
  if (key.type === "variable" && !variables.has(key.name)) return `unknown variable: ${key.name}`;
  if (key.type === "call" && !functions.has(key.name)) return `unknown function: ${key.name}`;
  return "invalid index operation into non-indexable type: TypeString";
}

/** In which numbers two operands are computed with: those of the first that is one, whole ones if neither is. */
function commonType(left: Value["type"], right: Value["type"]): "int" | "float" {
  if (left !== "text") return left;
  return right === "float" ? "float" : "int";
}

function evaluated(node: Node, scope: Scope): Value {
  switch (node.type) {
    case "text":
    case "int":
    case "float":
      return node;
    case "variable":
      return { type: "text", value: scope.variables.get(node.name) ?? "" };
    case "output":
      return { type: "text", value: node.parts.map((part) => asText(evaluated(part, scope))).join("") };
    case "call": {
      const [argument] = node.args.map((each) => asInt(evaluated(each, scope)));
      const value = scope.functions.get(node.name)?.(Number(argument ?? 0n)) ?? "";
      return { type: "text", value };
    }
    case "chain": {
      let left = evaluated(node.first, scope);
      for (const { operator, operand } of node.rest)
        left = compute(operator, left, evaluated(operand, scope));
      return left;
    }
    case "index":
      throw new Fault("nothing here has an index");
  }
}

function compute(operator: Operator, left: Value, right: Value): Value {
  if (commonType(left.type, right.type) === "float")
    return { type: "float", value: computeFloats(operator, asFloat(left), asFloat(right)) };
  return { type: "int", value: BigInt.asIntN(64, computeInts(operator, asInt(left), asInt(right))) };
}

function computeFloats(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      throw new Fault("modulo cannot be used with floats");
  }
}

/** The original ends its server with a division by zero. The words are those of its later releases. */
function computeInts(operator: Operator, left: bigint, right: bigint): bigint {
  if ((operator === "/" || operator === "%") && right === 0n)
    throw new Fault("__builtin_IntMath: divide by zero");
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
  }
}

function asText({ type, value }: Value): string {
  return type === "float" ? formatGoFloat(value) : String(value);
}

/** Cut off; what is too large for 64 bits is what a processor makes of it, the least there is. */
function asInt(value: Value): bigint {
  if (value.type === "int") return value.value;
  if (value.type === "text") return taken("__builtin_StringToInt", parseIntLiteral(value.value));
  const fits = value.value >= -(2 ** 63) && value.value < 2 ** 63;
  return fits ? BigInt(Math.trunc(value.value)) : -(2n ** 63n);
}

function asFloat(value: Value): number {
  if (value.type === "float") return value.value;
  if (value.type === "int") return Number(value.value);
  return taken("__builtin_StringToFloat", parseGoFloat(value.value));
}

function taken<T>(by: string, parsed: ParsedNumber<T>): T {
  if (!parsed.ok) throw new Fault(`${by}: ${parsed.error}`);
  return parsed.value;
}
