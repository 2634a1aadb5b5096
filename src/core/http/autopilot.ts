// /v1/operator/autopilot/: its configuration. Consul 1.8's agent/operator_endpoint.go; the body is read as Go's decoder
// reads it into api.AutopilotConfiguration, unknown fields refused.

import type { HttpResponse } from "../api/http.ts";
import { type ByteString, byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import { parseDuration, printDuration } from "../lib/duration.ts";
import { type Member, parseBody } from "../lib/go-json.ts";
import { quote } from "../lib/go-quote.ts";
import { jsonKind, type RawValue } from "../lib/raw-value.ts";
import type { AutopilotConfig, AutopilotSettings } from "../model/autopilot.ts";
import { parseUint64, type Uint64 } from "../model/kv.ts";
import { refuse } from "./answer.ts";
import { jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { parseOptions } from "./read-options.ts";
import { askServer, jsonResponse } from "./render.ts";

/** GET does not block, whatever index it names. */
export function readAutopilotConfiguration(call: Call): HttpPlan {
  if (call.request.method === "PUT") return readPut(call);
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { consistency } = parsed.options;
  const options = { consistency, minIndex: 0, waitMs: 0 };
  return askServer(call, { kind: "operator.autopilot-configuration", options });
}

function readPut(call: Call): HttpPlan {
  const { settings, query } = call;
  const body = readSettings(byteStringOf(call.request.body));
  if (!body.ok)
    return refuse(settings, 400, `Bad request: Error parsing autopilot config: ${utf8(body.error)}`);
  const cas = firstValue(query, "cas");
  const index = cas === undefined ? undefined : parseUint64(cas);
  if (cas !== undefined && index?.ok === false) {
    const reason = index.error.slice(index.error.lastIndexOf(":"));
    const error = `strconv.ParseUint: parsing ${quote(cas)}${reason}`;
    return refuse(settings, 400, `Bad request: Error parsing cas value: ${error}`);
  }
  return askServer(call, {
    kind: "autopilot.set",
    settings: body.value,
    index: index?.ok ? index.value : undefined,
  });
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** How a field is read: its Go type, for error texts, and where it goes. CreateIndex and ModifyIndex go nowhere. */
interface Field {
  readonly name: string;
  readonly type: "bool" | "uint" | "uint64" | "string" | "duration";
  readonly property: keyof AutopilotSettings | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "CleanupDeadServers", type: "bool", property: "cleanupDeadServers" },
  { name: "LastContactThreshold", type: "duration", property: "lastContactThresholdNs" },
  { name: "MaxTrailingLogs", type: "uint64", property: "maxTrailingLogs" },
  { name: "MinQuorum", type: "uint", property: "minQuorum" },
  { name: "ServerStabilizationTime", type: "duration", property: "serverStabilizationTimeNs" },
  { name: "RedundancyZoneTag", type: "string", property: "redundancyZoneTag" },
  { name: "DisableUpgradeMigration", type: "bool", property: "disableUpgradeMigration" },
  { name: "UpgradeVersionTag", type: "string", property: "upgradeVersionTag" },
  { name: "CreateIndex", type: "uint64", property: undefined },
  { name: "ModifyIndex", type: "uint64", property: undefined },
];

/** What a body does not mention is zero: it replaces the configuration as a whole. */
const ZERO: AutopilotSettings = {
  cleanupDeadServers: false,
  lastContactThresholdNs: 0,
  maxTrailingLogs: 0,
  minQuorum: 0,
  serverStabilizationTimeNs: 0,
  redundancyZoneTag: "",
  disableUpgradeMigration: false,
  upgradeVersionTag: "",
};

/**
 * Go's order of complaints: a duration that is none ends the reading at once; of all other faults the first is told, at
 * the end.
 */
function readSettings(text: ByteString): Read<AutopilotSettings> {
  const body = parseBody(text);
  if (!body.ok) return body;
  if (body.value !== null && !(body.value instanceof Map)) {
    const error = `json: cannot unmarshal ${jsonKind(body.value)} into Go value of type api.AutopilotConfiguration`;
    return { ok: false, error };
  }
  const settings: Record<string, unknown> = { ...ZERO };
  let fault: string | undefined;
  for (const member of body.members) {
    const field = findField(member.name);
    if (field === undefined) {
      fault ??= `json: unknown field ${quote(utf8(member.name))}`;
      continue;
    }
    const read = field.type === "duration" ? readDuration(member) : readField(field, member.value);
    if (!read.ok && field.type === "duration") return read;
    if (!read.ok) fault ??= read.error;
    else if (field.property !== undefined && read.value !== undefined) settings[field.property] = read.value;
  }
  return fault === undefined
    ? { ok: true, value: settings as unknown as AutopilotSettings }
    : { ok: false, error: fault };
}

/** The field of this very name, or one that differs in case alone. */
function findField(name: string): Field | undefined {
  const lower = name.toLowerCase();
  return (
    FIELDS.find((field) => field.name === name) ?? FIELDS.find((field) => field.name.toLowerCase() === lower)
  );
}

/** Null leaves a field as it is, but a duration, which it takes back. */
function readField({ name, type }: Field, value: RawValue): Read<boolean | string | Uint64 | undefined> {
  if (value === null) return { ok: true, value: undefined };
  const kind = jsonKind(value);
  if (type === "bool" && typeof value === "boolean") return { ok: true, value };
  if (type === "string" && typeof value === "string") return { ok: true, value };
  const isNumber = typeof value === "object" && "goType" in value;
  if (isNumber && type !== "bool" && type !== "string") {
    const parsed = parseUint64(value.text);
    if (parsed.ok) return parsed;
  }
  const shown = isNumber && type !== "bool" && type !== "string" ? `${kind} ${value.text}` : kind;
  const error = `json: cannot unmarshal ${shown} into Go struct field AutopilotConfiguration.${name} of type ${type}`;
  return { ok: false, error };
}

/** A string is Go's duration, as its bytes stand there; anything else is taken for a number of nanoseconds. */
function readDuration({ value, raw }: Member): Read<number> {
  if (value === null) return { ok: true, value: 0 };
  if (raw.startsWith('"')) {
    const text = textOf(raw.slice(1, -1) as ByteString);
    const parsed = parseDuration(text);
    // Go 1.15 quotes a duration without escaping what is in it.
    return parsed.ok
      ? { ok: true, value: parsed.ns }
      : { ok: false, error: parsed.error.replace(JSON.stringify(text), () => `"${text}"`) };
  }
  if (typeof value === "object" && "goType" in value && Number.isFinite(value.value))
    return { ok: true, value: Math.max(-MAX_NS, Math.min(MAX_NS, Math.trunc(value.value) || 0)) };
  const reason = typeof value === "object" && "goType" in value ? "value out of range" : "invalid syntax";
  return { ok: false, error: `strconv.ParseFloat: parsing ${quote(raw)}: ${reason}` };
}

/** Past this a double is not exact: 104 days. */
const MAX_NS = Number.MAX_SAFE_INTEGER;

export function renderAutopilotConfiguration(
  view: HttpView,
  settings: HttpSettings,
  config: AutopilotConfig,
): HttpResponse {
  const json = jsonObject([
    ["CleanupDeadServers", String(config.cleanupDeadServers)],
    ["LastContactThreshold", jsonText(printDuration(config.lastContactThresholdNs))],
    ["MaxTrailingLogs", String(config.maxTrailingLogs)],
    ["MinQuorum", String(config.minQuorum)],
    ["ServerStabilizationTime", jsonText(printDuration(config.serverStabilizationTimeNs))],
    ["RedundancyZoneTag", jsonText(config.redundancyZoneTag)],
    ["DisableUpgradeMigration", String(config.disableUpgradeMigration)],
    ["UpgradeVersionTag", jsonText(config.upgradeVersionTag)],
    ["CreateIndex", String(config.createIndex)],
    ["ModifyIndex", String(config.modifyIndex)],
  ]);
  return jsonResponse(view, settings, json, undefined);
}
