// The watches that a configuration names: what each looks at, and what handles it. Consul judges them when the agent starts
// and when it reads its configuration again, and not before (reloadWatches in agent/agent.go, 1.8).

import { parseDuration } from "../../core/lib/duration.ts";
import { isRawList, isRawMap, type RawValue } from "../../core/lib/raw-value.ts";
import type { ConfiguredWatch, HttpHandler, WatchHandler } from "../watches/handlers.ts";
import { parseWatch, printParameters, type WatchParameters } from "../watches/spec.ts";
import { type ConfigMap, type ConfigValue, configAt, isConfigMap } from "./values.ts";

export type ConfiguredWatches =
  | {
      readonly ok: true;
      readonly watches: readonly ConfiguredWatch[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly error: string };

const HANDLER_DEPRECATED =
  "The 'handler' field in watches has been deprecated and replaced with the 'args' field. See https://www.consul.io/docs/agent/watches.html";

/** Carries what is wrong to `watchesOf`, which alone catches it. */
class WatchesFault extends Error {}

export function watchesOf(config: ConfigMap): ConfiguredWatches {
  const given = (configAt(config, "watches") ?? []) as readonly ConfigValue[];
  const warnings: string[] = [];
  try {
    const watches = given.filter(isConfigMap).map((each) => watchOf(parametersOf(each), warnings));
    return { ok: true, watches, warnings };
  } catch (fault) {
    if (fault instanceof WatchesFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

function parametersOf(watch: ConfigMap): WatchParameters {
  const parameters = new Map<string, RawValue>();
  for (const [name, value] of watch)
    if (typeof value === "object" && "opaque" in value) parameters.set(name, unlisted(value.opaque));
  return parameters;
}

/** HCL writes a block as a list of one; where no list is expected such a one is what is in it. */
function unlisted(value: RawValue): RawValue {
  if (typeof value !== "object" || value === null) return value;
  if (isRawList(value)) return value.length === 1 ? unlisted(value[0] as RawValue) : value.map(unlisted);
  return isRawMap(value) ? new Map([...value].map(([name, item]) => [name, unlisted(item)])) : value;
}

function watchOf(given: WatchParameters, warnings: string[]): ConfiguredWatch {
  const handlerType = given.get("handler_type") ?? "script";
  if (handlerType !== "http" && handlerType !== "script")
    throw new WatchesFault(`Handler type '${String(handlerType)}' not recognized`);
  const type = given.get("type");
  if (typeof type === "string" && type.startsWith("connect_"))
    throw new WatchesFault(`Watch type ${type} is not allowed in agent config`);
  const parameters = new Map([...given, ["handler_type", handlerType]]);
  const parsed = parseWatch(parameters, ["handler", "args"], (config) => {
    const http = httpHandlerOf(config);
    return typeof http === "string" ? http : undefined;
  });
  if (!parsed.ok)
    throw new WatchesFault(`Failed to parse watch (${printParameters(parsed.left)}): ${parsed.error}`);
  const { spec, exempt } = parsed;
  const script = scriptHandlerOf(exempt, warnings);
  if (handlerType === "http" && script !== undefined)
    throw new WatchesFault("Only one watch handler allowed");
  const handler = script ?? httpHandlerOf(exempt.get("http_handler_config") ?? null);
  if (typeof handler === "string") throw new WatchesFault("Must define a watch handler");
  return { spec, handler };
}

function scriptHandlerOf(given: WatchParameters, warnings: string[]): WatchHandler | undefined {
  const handler = given.get("handler");
  const args = given.get("args");
  if (handler !== undefined) warnings.push(HANDLER_DEPRECATED);
  if (handler !== undefined && typeof handler !== "string")
    throw new WatchesFault("Watch handler must be a string");
  const words = args === undefined ? undefined : wordsOf(args);
  if (handler !== undefined && words !== undefined) throw new WatchesFault("Only one watch handler allowed");
  if (handler !== undefined) return { kind: "script", words: [handler], shell: true, shown: handler };
  if (words === undefined) return undefined;
  // No words at all are an empty line for the shell.
  return { kind: "script", words, shell: words.length === 0, shown: printWords(words) };
}

function wordsOf(args: RawValue): readonly string[] {
  const list = typeof args === "object" && args !== null && isRawList(args) ? args : [args];
  return list.map((word) => {
    if (typeof word !== "string") throw new WatchesFault("Watch args must be a list of strings");
    return word;
  });
}

/** As Consul's log shows a list. */
function printWords(words: readonly string[]): string {
  return `[${words.map((word) => (/[\s"=]/.test(word) ? `"${word}"` : word)).join(", ")}]`;
}

/** Ten seconds. */
const HTTP_TIMEOUT_NS = 10e9;

/** @returns The handler, or what is wrong with it. */
function httpHandlerOf(config: RawValue): HttpHandler | string {
  const given: WatchParameters =
    typeof config === "object" && config !== null && isRawMap(config) ? config : new Map();
  const text = (name: string): string => {
    const value = given.get(name);
    return typeof value === "string" ? value : "";
  };
  if (text("path") === "") return "Requires 'path' to be set";
  const timeout = text("timeout") === "" ? undefined : parseDuration(text("timeout"));
  if (timeout !== undefined && !timeout.ok) return `Failed to parse timeout: ${timeout.error}`;
  return {
    kind: "http",
    url: text("path"),
    method: text("method") || "POST",
    headers: headersOf(given.get("header") ?? null),
    timeoutMs: (timeout?.ns ?? HTTP_TIMEOUT_NS) / 1e6,
    skipsVerification: given.get("tls_skip_verify") === true,
  };
}

/** Each name with its values; a single value may stand for itself. */
function headersOf(header: RawValue): HttpHandler["headers"] {
  if (typeof header !== "object" || header === null || !isRawMap(header)) return [];
  return [...header].map(([name, values]) => {
    const list = typeof values === "object" && values !== null && isRawList(values) ? values : [values];
    return [name, list.filter((value) => typeof value === "string")] as const;
  });
}
