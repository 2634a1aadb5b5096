// The whole way from what the command line said to the settings of an agent: defaults, development defaults, list flags,
// files, other flags, fragments, merged in this order (Consul's, so that the same files mean the same), then built and
// checked. The one door of this folder for whoever starts or reloads an agent.

import { hostname } from "node:os";
import { utf8 } from "../../core/lib/bytes.ts";
import { errorList } from "../../core/lib/error-list.ts";
import { parseJson } from "../../core/lib/go-json.ts";
import { isRawMap, jsonKind } from "../../core/lib/raw-value.ts";
import type { WrittenService } from "../../core/model/written-service.ts";
import { type Built, buildSettings, type Host } from "./build.ts";
import { ConfigFault } from "./config-fault.ts";
import { decodeConfig } from "./decode.ts";
import { DEFAULTS, DEV_DEFAULTS } from "./defaults.ts";
import { writtenServices } from "./definitions.ts";
import { effectWarnings, refusals } from "./effects.ts";
import { durationFaults, portFaults } from "./feature-rules.ts";
import { type ConfigFile, type Format, findFiles, isFormat } from "./files.ts";
import { parseHcl } from "./hcl.ts";
import { systemInterfaces } from "./interfaces.ts";
import { nameWarnings } from "./registrations.ts";
import type { AgentSettings, ConfigSources } from "./settings.ts";
import { startFault, validate } from "./validate.ts";
import { type ConfigMap, mergeConfig } from "./values.ts";
import { watchesOf } from "./watches.ts";

export type Loaded =
  | { readonly ok: true; readonly settings: AgentSettings }
  /** `error` may have several lines; Consul prints it after "==> ". */
  | { readonly ok: false; readonly error: string };

/** For what the settings are wanted: `validate` leaves out what only matters to an agent that starts. */
export type Purpose = "start" | "reload" | "validate";

/** This machine. */
export function systemHost(): Host {
  return { hostname: hostname(), interfaces: systemInterfaces() };
}

/** Reads and judges a configuration. Opens no socket and writes no file. */
export function loadSettings(sources: ConfigSources, purpose: Purpose, host: Host = systemHost()): Loaded {
  try {
    return { ok: true, settings: load(sources, purpose, host) };
  } catch (fault) {
    if (fault instanceof ConfigFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

export type LoadedServices =
  | { readonly ok: true; readonly services: readonly WrittenService[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** The services that the files name, for who registers them with an agent that runs. All else in them is judged as well. */
export function loadServices(
  paths: readonly string[],
  cwd: string,
  host: Host = systemHost(),
): LoadedServices {
  const nothing = { listFlags: new Map(), scalarFlags: new Map(), fragments: [] } as const;
  // What development mode says makes a whole of files that say nothing of an agent, and names no services.
  const sources: ConfigSources = { ...nothing, dev: true, paths, format: undefined, cwd };
  try {
    const read = readSources(sources);
    const { warnings } = judge(read, sources, host);
    return { ok: true, services: writtenServices(read.merged, []), warnings };
  } catch (fault) {
    if (fault instanceof ConfigFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

interface Read {
  /** Files and fragments, each for itself. */
  readonly parts: readonly ConfigMap[];
  readonly merged: ConfigMap;
  readonly warnings: readonly string[];
}

function readSources(sources: ConfigSources): Read {
  const found = findFiles(sources.paths, formatOf(sources.format), sources.cwd);
  if (!found.ok) throw new ConfigFault(found.error);
  const fragments = sources.fragments.map((fragment, at): ConfigFile => {
    return { name: `flags-${at}.hcl`, format: "hcl", content: utf8(fragment) };
  });
  const files = found.files.map(parseFile);
  const overrides = fragments.filter(({ content }) => content !== "").map(parseFile);
  const merged = [
    DEFAULTS,
    ...(sources.dev ? [DEV_DEFAULTS] : []),
    sources.listFlags,
    ...files,
    sources.scalarFlags,
    ...overrides,
  ].reduce(mergeConfig);
  return { parts: [...files, ...overrides], merged, warnings: found.warnings };
}

/** Whether it makes sense, for whatever it is read. @throws ConfigFault */
function judge(
  read: Read,
  sources: ConfigSources,
  host: Host,
): { readonly built: Built; readonly warnings: string[] } {
  const warnings = [...read.warnings];
  const faults: string[] = [];
  const built = buildSettings(read.merged, sources, host, faults, warnings);
  validate(built, read.merged, warnings);
  const all = new Set([...faults, ...portFaults(read.merged), ...durationFaults(read.merged)]);
  if (all.size > 0) throw new ConfigFault(errorList([...all]));
  return { built, warnings };
}

function load(sources: ConfigSources, purpose: Purpose, host: Host): AgentSettings {
  const read = readSources(sources);
  const { built, warnings } = judge(read, sources, host);
  const { merged, parts } = read;
  const refused = refusals(merged);
  if (refused.length > 0) throw new ConfigFault(refused.join("\n"));
  const stopped = purpose === "validate" ? undefined : startFault(built.settings, merged, purpose);
  if (stopped !== undefined) throw new ConfigFault(stopped);
  const { local } = built.settings.agent;
  if (purpose !== "validate" && local !== undefined) warnings.push(...nameWarnings(local));
  const watches = watchesOf(merged);
  if (purpose !== "validate" && watches.ok) warnings.push(...watches.warnings);
  for (const config of parts) warnings.push(...effectWarnings(config));
  return { ...built.settings, warnings };
}

function formatOf(format: string | undefined): Format | undefined {
  if (format === undefined || isFormat(format)) return format;
  throw new ConfigFault("config: -config-format must be either 'hcl' or 'json'");
}

function parseFile({ name, format, content }: ConfigFile): ConfigMap {
  const parsed = format === "json" ? parseJson(content) : parseHcl(content);
  const fail = (error: string): never => {
    throw new ConfigFault(`failed to parse ${name}: ${error}`);
  };
  if (!parsed.ok) return fail(parsed.error);
  if (parsed.value !== null && (typeof parsed.value !== "object" || !isRawMap(parsed.value)))
    return fail(
      `json: cannot unmarshal ${jsonKind(parsed.value)} into Go value of type map[string]interface {}`,
    );
  const decoded = decodeConfig(parsed.value);
  if (decoded.ok) return decoded.config;
  const { typeErrors, unknownKeys } = decoded;
  if (typeErrors.length > 0)
    return fail(
      `${typeErrors.length} error(s) decoding:\n\n${typeErrors.map((each) => `* ${each}`).join("\n")}`,
    );
  return fail(errorList(unknownKeys.map((key) => `invalid config key ${key}`)));
}
