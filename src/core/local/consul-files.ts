// What Consul keeps of an agent's services and checks in its data directory: a JSON file for each, `services/…`, `checks/…`,
// and `checks/state/…` for what TTL checks were told. Read once, by an agent that has kept nothing itself yet, and left as
// they are. What cannot be read is passed over, as Consul does.

import { compareStrings, textOfBytes } from "../lib/bytes.ts";
import { CRITICAL } from "../model/catalog.ts";
import type { CheckRegistration, CheckSpec, ServiceDefinition } from "../model/local.ts";
import type { DiskInput, DiskRequest } from "../wal/disk.ts";
import { type Change, NO_CHANGE, type Told } from "./journal-format.ts";

const FOLDERS = ["services", "checks", "checks/state"] as const;
type Folder = (typeof FOLDERS)[number];

export interface ConsulFiles {
  /** Folders that are yet to be listed, and files that are yet to be read; the first of the former is being listed. */
  readonly folders: Folder[];
  readonly files: { readonly folder: Folder; readonly file: string; readonly size: number }[];
  readonly found: Change[];
  /** What was passed over, and why. */
  readonly passedOver: string[];
}

export function createConsulFiles(): ConsulFiles {
  return { folders: [...FOLDERS], files: [], found: [], passedOver: [] };
}

/** The next question to the disk; undefined when all is read. */
export function nextConsulRead({ folders, files }: ConsulFiles): DiskRequest | undefined {
  const [folder] = folders;
  if (folder !== undefined) return { kind: "list", folder };
  const [next] = files;
  return next && { kind: "read", file: next.file, offset: 0, length: next.size };
}

/** Its answer. */
export function onConsulRead(reading: ConsulFiles, { result }: DiskInput): void {
  const folder = reading.folders.shift();
  if (folder !== undefined) {
    if (!result.ok) reading.passedOver.push(result.error.detail);
    // Of a write that was interrupted.
    else
      for (const { name, size } of result.files ?? [])
        if (!name.endsWith(".tmp")) reading.files.push({ folder, file: `${folder}/${name}`, size });
    return;
  }
  const next = reading.files.shift();
  if (next === undefined) return;
  const change = result.ok
    ? changeOf(next.folder, textOfBytes(result.bytes ?? new Uint8Array(0)))
    : undefined;
  if (change === undefined) reading.passedOver.push(next.file);
  else reading.found.push(change);
}

type Fields = Readonly<Record<string, unknown>>;

function changeOf(folder: Folder, json: string): Change | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined;
  }
  const fields = fieldsOf(parsed);
  if (folder === "services") {
    const service = serviceOf(fields);
    return service && { ...NO_CHANGE, services: [service] };
  }
  if (folder === "checks") {
    const check = checkOf(fields);
    return check && { ...NO_CHANGE, checks: [check] };
  }
  const told = toldOf(fields);
  return told.checkId === "" ? undefined : { ...NO_CHANGE, told: [told] };
}

/** Proxies and gateways are for their own registration to bring back: without what they proxy they would be others. */
function serviceOf(file: Fields): ServiceDefinition | undefined {
  const fields = fieldsIn(file, "Service");
  const id = textIn(fields, "ID");
  const name = textIn(fields, "Service");
  if (id === "" || name === "" || textIn(fields, "Kind") !== "") return undefined;
  const weights = fieldsIn(fields, "Weights");
  return {
    kind: "",
    id,
    service: name,
    tags: textsIn(fields, "Tags"),
    address: textIn(fields, "Address"),
    taggedAddresses: pairsIn(fields, "TaggedAddresses").map(([label, its]) => [
      label,
      { address: textIn(fieldsOf(its), "Address"), port: numberIn(fieldsOf(its), "Port") },
    ]),
    meta: pairsIn(fields, "Meta").map(([label, value]) => [label, String(value)]),
    port: numberIn(fields, "Port"),
    weights: { passing: numberIn(weights, "Passing", 1), warning: numberIn(weights, "Warning", 1) },
    enableTagOverride: isTrue(fields, "EnableTagOverride"),
    connectNative: isTrue(fieldsIn(fields, "Connect"), "Native"),
    proxy: null,
    token: textIn(file, "Token"),
  };
}

/** Consul forces what is not a TTL check's word to critical, whatever the file says. */
function checkOf(file: Fields): CheckRegistration | undefined {
  const its = fieldsIn(file, "Check");
  const checkId = textIn(its, "CheckID");
  if (checkId === "") return undefined;
  return {
    checkId,
    name: textIn(its, "Name"),
    notes: textIn(its, "Notes"),
    serviceId: textIn(its, "ServiceID"),
    status: CRITICAL,
    type: textIn(its, "Type"),
    token: textIn(file, "Token"),
    spec: specOf(fieldsIn(file, "ChkType")),
  };
}

/** Its times are nanoseconds, like ours. */
function specOf(fields: Fields): CheckSpec {
  return {
    http: textIn(fields, "HTTP"),
    tlsSkipVerify: isTrue(fields, "TLSSkipVerify"),
    header: pairsIn(fields, "Header").map(([name, values]) => [name, textsOf(values)]),
    method: textIn(fields, "Method"),
    body: textIn(fields, "Body"),
    tcp: textIn(fields, "TCP"),
    intervalNs: numberIn(fields, "Interval"),
    outputMaxSize: numberIn(fields, "OutputMaxSize"),
    timeoutNs: numberIn(fields, "Timeout"),
    deregisterCriticalServiceAfterNs: numberIn(fields, "DeregisterCriticalServiceAfter"),
    scriptArgs: textsIn(fields, "ScriptArgs"),
    dockerContainerId: textIn(fields, "DockerContainerID"),
    shell: textIn(fields, "Shell"),
    grpc: textIn(fields, "GRPC"),
    grpcUseTls: isTrue(fields, "GRPCUseTLS"),
    aliasNode: textIn(fields, "AliasNode"),
    aliasService: textIn(fields, "AliasService"),
    ttlNs: numberIn(fields, "TTL"),
    successBeforePassing: numberIn(fields, "SuccessBeforePassing"),
    failuresBeforeCritical: numberIn(fields, "FailuresBeforeCritical"),
    failuresBeforeWarning: numberIn(fields, "FailuresBeforeWarning"),
    tcpUseTls: isTrue(fields, "TCPUseTLS"),
    udp: textIn(fields, "UDP"),
    h2ping: textIn(fields, "H2PING"),
    h2pingUseTls: !isFalse(fields, "H2PingUseTLS"),
    osService: textIn(fields, "OSService"),
    disableRedirects: isTrue(fields, "DisableRedirects"),
    tlsServerName: textIn(fields, "TLSServerName"),
  };
}

function toldOf(fields: Fields): Told {
  return {
    checkId: textIn(fields, "CheckID"),
    status: textIn(fields, "Status"),
    output: textIn(fields, "Output"),
    expiresAtMs: Math.max(0, numberIn(fields, "Expires") * 1000),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function fieldsIn(fields: Fields, name: string): Fields {
  return fieldsOf(fields[name]);
}

function isTrue(fields: Fields, name: string): boolean {
  return fields[name] === true;
}

function isFalse(fields: Fields, name: string): boolean {
  return fields[name] === false;
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

function numberIn(fields: Fields, name: string, otherwise = 0): number {
  const value = fields[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : otherwise;
}

function textsIn(fields: Fields, name: string): string[] {
  return textsOf(fields[name]);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

/** In bytewise order of the names. */
function pairsIn(fields: Fields, name: string): [string, unknown][] {
  return Object.entries(fieldsOf(fields[name])).sort(([a], [b]) => compareStrings(a, b));
}
