// What a watch looks at: its parameters, from a configuration file or a command line, made the request that is asked over and
// over. What is wrong with them is told in Consul's words and order, since each parameter is taken when its turn comes.

import { quoteText } from "../../core/lib/go-quote.ts";
import { isRawList, isRawMap, type RawValue } from "../../core/lib/raw-value.ts";
import type { AnswerKind } from "./answers.ts";

export interface WatchSpec {
  readonly type: string;
  readonly token: string;
  /** Unescaped. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** What is waited by: the state's index, or a digest of what was found. */
  readonly by: "index" | "hash";
  readonly answer: AnswerKind;
  /** Why nobody will ever answer this; undefined where somebody may. Told with each attempt, as Consul's client does. */
  readonly hopeless?: string;
}

export type WatchParameters = ReadonlyMap<string, RawValue>;

export type ParsedWatch =
  | { readonly ok: true; readonly spec: WatchSpec; readonly exempt: WatchParameters }
  /** `left`: the parameters whose turn had not come. */
  | { readonly ok: false; readonly error: string; readonly left: WatchParameters };

/** Carries what is wrong to `parseWatch`, which alone catches it. */
class WatchFault extends Error {}

type Query = Record<string, string | readonly string[]>;
type Looked = Omit<WatchSpec, "type" | "token">;

/** The parameters that are still there. */
class Parameters {
  readonly left: Map<string, RawValue>;

  constructor(given: WatchParameters) {
    this.left = new Map(given);
  }

  #take<T>(name: string, otherwise: T, read: (value: RawValue) => T | undefined, kind: string): T {
    const value = this.left.get(name);
    if (value === undefined) return otherwise;
    const found = read(value);
    if (found === undefined) throw new WatchFault(`Expecting ${name} to be ${kind}`);
    this.left.delete(name);
    return found;
  }

  text(name: string): string {
    return this.#take(name, "", (value) => (typeof value === "string" ? value : undefined), "a string");
  }

  bool(name: string): boolean {
    return this.#take(name, false, (value) => (typeof value === "boolean" ? value : undefined), "a boolean");
  }

  texts(name: string): readonly string[] {
    return this.#take<readonly string[]>(name, [], (value) => textsIn(value, name), "a string or []string");
  }

  /** `?stale`, of a read that may have it. */
  stale(): Query {
    return this.bool("stale") ? { stale: "" } : {};
  }

  /** `?stale` and `?filter`, which later Consuls have for the lists that agents filter. */
  listing(): Query {
    const stale = this.stale();
    const filter = this.text("filter");
    return filter === "" ? stale : { ...stale, filter };
  }
}

function textsIn(value: RawValue, name: string): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || !isRawList(value)) return undefined;
  return value.map((item, at) => {
    if (typeof item !== "string") throw new WatchFault(`Index ${at} of ${name} expected to be string`);
    return item;
  });
}

/**
 * @param given Each parameter by its name. `handler_type` and `http_handler_config` are a watch's own affair, not its look's.
 * @param exempt Names that whoever asks knows what to do with.
 * @param httpFault What is wrong with the settings of a handler over HTTP; undefined for nothing.
 */
export function parseWatch(
  given: WatchParameters,
  exempt: readonly string[],
  httpFault: (config: RawValue) => string | undefined = () => undefined,
): ParsedWatch {
  const parameters = new Parameters(given);
  const { left } = parameters;
  try {
    const datacenter = parameters.text("datacenter");
    const token = parameters.text("token");
    const type = parameters.text("type");
    if (type === "") throw new WatchFault("Watch type must be specified");
    const handled = takeHandlerType(parameters, httpFault);
    const look = Object.hasOwn(LOOKS, type) ? LOOKS[type] : undefined;
    if (look === undefined) throw new WatchFault(`Unsupported watch type: ${type}`);
    const { query, ...looked } = look(parameters);
    const taken = new Map(
      exempt.flatMap((name) => (left.has(name) ? [[name, left.get(name) as RawValue]] : [])),
    );
    for (const name of taken.keys()) left.delete(name);
    if (left.size > 0) throw new WatchFault(`Invalid parameters: [${[...left.keys()].join(" ")}]`);
    const inPlace = datacenter === "" ? query : { ...query, dc: datacenter };
    return {
      ok: true,
      spec: { type, token, query: inPlace, ...looked },
      exempt: new Map([...taken, ...handled]),
    };
  } catch (fault) {
    if (fault instanceof WatchFault) return { ok: false, error: fault.message, left };
    throw fault;
  }
}

/** Of a handler over HTTP its settings go along. */
function takeHandlerType(
  parameters: Parameters,
  httpFault: (config: RawValue) => string | undefined,
): readonly (readonly [string, RawValue])[] {
  const { left } = parameters;
  const handlerType = parameters.text("handler_type");
  if (handlerType !== "http") return [["handler_type", handlerType]];
  const config = left.get("http_handler_config");
  if (config === undefined)
    throw new WatchFault("Handler type 'http' requires 'http_handler_config' to be set");
  const fault = httpFault(config);
  if (fault !== undefined) throw new WatchFault(`Failed to parse 'http_handler_config': ${fault}`);
  left.delete("http_handler_config");
  return [
    ["handler_type", handlerType],
    ["http_handler_config", config],
  ];
}

const LOOKS: Readonly<Record<string, (parameters: Parameters) => Looked>> = {
  key(parameters) {
    const query = parameters.stale();
    const key = parameters.text("key");
    if (key === "") throw new WatchFault("Must specify a single key to watch");
    return { path: `/v1/kv/${key.replace(/^\//, "")}`, query, by: "index", answer: "key" };
  },
  keyprefix(parameters) {
    const query = parameters.stale();
    const prefix = parameters.text("prefix");
    if (prefix === "") throw new WatchFault("Must specify a single prefix to watch");
    const path = `/v1/kv/${prefix.replace(/^\//, "")}`;
    return { path, query: { ...query, recurse: "" }, by: "index", answer: "keys" };
  },
  services(parameters) {
    return { path: "/v1/catalog/services", query: parameters.stale(), by: "index", answer: "services" };
  },
  nodes(parameters) {
    return { path: "/v1/catalog/nodes", query: parameters.listing(), by: "index", answer: "nodes" };
  },
  service(parameters) {
    const query = parameters.listing();
    const service = parameters.text("service");
    if (service === "") throw new WatchFault("Must specify a single service to watch");
    const tag = parameters.texts("tag");
    const passing = parameters.bool("passingonly") ? { passing: "1" } : {};
    const tags = tag.length === 0 ? {} : { tag };
    const path = `/v1/health/service/${service}`;
    return { path, query: { ...query, ...tags, ...passing }, by: "index", answer: "instances" };
  },
  checks(parameters) {
    const query = parameters.listing();
    const service = parameters.text("service");
    const state = parameters.text("state");
    if (service !== "" && state !== "") throw new WatchFault("Cannot specify service and state");
    if (service !== "") return { path: `/v1/health/checks/${service}`, query, by: "index", answer: "checks" };
    const path = `/v1/health/state/${state || "any"}`;
    const known = STATES.has(state) ? {} : { hopeless: `Unsupported state: ${state}` };
    return { path, query, by: "index", answer: "checks", ...known };
  },
  event(parameters) {
    const name = parameters.text("name");
    return { path: "/v1/event/list", query: name === "" ? {} : { name }, by: "index", answer: "events" };
  },
  connect_roots: () => ({ path: "/v1/agent/connect/ca/roots", query: {}, by: "index", answer: "any" }),
  connect_leaf(parameters) {
    const service = parameters.text("service");
    return { path: `/v1/agent/connect/ca/leaf/${service}`, query: {}, by: "index", answer: "any" };
  },
  agent_service(parameters) {
    const path = `/v1/agent/service/${parameters.text("service_id")}`;
    return { path, query: {}, by: "hash", answer: "agent-service" };
  },
};

/** "" asks for any. */
const STATES: ReadonlySet<string> = new Set(["", "any", "passing", "warning", "critical"]);

/** Parameters as Go prints a map's source (`%#v`), which Consul puts into its errors. */
export function printParameters(parameters: WatchParameters): string {
  return printValue(parameters);
}

function printValue(value: RawValue): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "boolean") return String(value);
  if (isRawList(value)) return `[]interface {}{${value.map(printValue).join(", ")}}`;
  if (!isRawMap(value)) return String(value.value);
  const entries = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${entries.map(([name, item]) => `${quoteText(name)}:${printValue(item)}`).join(", ")}}`;
}
