// What is said of a check to its agent: as one of a service's checks (Consul's structs.CheckType), or as one of its own
// (structs.CheckDefinition, 1.8). Most names may be written with underscores too.

import type { RawValue } from "../lib/raw-value.ts";
import { checkTypeOf } from "../model/check-type.ts";
import { type CheckRegistration, type CheckSpec, NO_CHECK } from "../model/local.ts";
import {
  durationOf,
  type Finished,
  type GoType,
  goAny,
  goBool,
  goInt,
  goMap,
  goSelfRead,
  goString,
  goStruct,
  goText,
  goTexts,
} from "./go-struct.ts";

/** What is said of both kinds of checks. */
interface CommonBody {
  readonly Interval: RawValue;
  readonly Timeout: RawValue;
  readonly TTL: RawValue;
  readonly DeregisterCriticalServiceAfter: RawValue;
  readonly args: readonly string[];
  readonly script_args: readonly string[];
  readonly deregister_critical_service_after: RawValue;
  readonly docker_container_id: string;
  readonly tls_skip_verify: boolean;
  readonly service_id: string;
  readonly ServiceID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Notes: string;
  readonly ScriptArgs: readonly string[];
  readonly HTTP: string;
  readonly Header: readonly (readonly [string, readonly string[]])[];
  readonly Method: string;
  readonly Body: string;
  readonly TCP: string;
  readonly AliasNode: string;
  readonly AliasService: string;
  readonly DockerContainerID: string;
  readonly Shell: string;
  readonly GRPC: string;
  readonly GRPCUseTLS: boolean;
  readonly TLSSkipVerify: boolean;
  readonly SuccessBeforePassing: number;
  readonly FailuresBeforeCritical: number;
  readonly FailuresBeforeWarning: number;
  readonly OutputMaxSize: number;
  readonly TCPUseTLS: boolean;
  readonly UDP: string;
  readonly H2PING: string;
  readonly H2PingUseTLS: boolean;
  readonly OSService: string;
  readonly DisableRedirects: boolean;
  readonly TLSServerName: string;
}

const common = {
  Interval: goAny,
  Timeout: goAny,
  TTL: goAny,
  DeregisterCriticalServiceAfter: goAny,
  args: goTexts,
  script_args: goTexts,
  deregister_critical_service_after: goAny,
  docker_container_id: goText,
  tls_skip_verify: goBool,
  service_id: goText,
  ServiceID: goText,
  Name: goText,
  Status: goText,
  Notes: goText,
  ScriptArgs: goTexts,
  HTTP: goText,
  Header: goMap(goTexts, []),
  Method: goText,
  Body: goText,
  TCP: goText,
  AliasNode: goText,
  AliasService: goText,
  DockerContainerID: goText,
  Shell: goText,
  GRPC: goText,
  GRPCUseTLS: goBool,
  TLSSkipVerify: goBool,
  SuccessBeforePassing: goInt,
  FailuresBeforeCritical: goInt,
  FailuresBeforeWarning: goInt,
  OutputMaxSize: goInt,
  // Of Consuls after 1.8.
  TCPUseTLS: goBool,
  UDP: goText,
  H2PING: goText,
  H2PingUseTLS: goBool,
  OSService: goText,
  DisableRedirects: goBool,
  TLSServerName: goText,
} as const;

/** What Go calls the struct that it reads either by way of; a service's check says its service's id in vain. */
function typeName(more: string): string {
  const snakes = [
    'Args []string "json:\\"args\\""',
    'ScriptArgsSnake []string "json:\\"script_args\\""',
    'DeregisterCriticalServiceAfterSnake interface {} "json:\\"deregister_critical_service_after\\""',
    'DockerContainerIDSnake string "json:\\"docker_container_id\\""',
    'TLSSkipVerifySnake bool "json:\\"tls_skip_verify\\""',
  ];
  const times = ["Interval", "Timeout", "TTL", "DeregisterCriticalServiceAfter"];
  const fields = [...times.map((time) => `${time} interface {}`), ...snakes];
  return `struct { ${fields.join("; ")}; ${more}ServiceIDSnake string "json:\\"service_id\\""; *structs.Alias }`;
}

interface OwnCheckBody extends CommonBody {
  readonly ID: string;
  readonly Token: string;
}

/** A check that is registered for itself. */
export const ownCheck: GoType<CheckRegistration> = goSelfRead(
  goStruct<OwnCheckBody>(typeName(""), { ...common, ID: goString("types.CheckID"), Token: goText }),
  (body) => {
    const spec = specOf(body);
    if (!spec.ok) return spec;
    const { ID = "", Name = "", ServiceID = "", service_id = "", Token = "" } = body;
    return {
      ok: true,
      value: {
        ...registrationOf(body, spec.value),
        checkId: ID === "" ? Name : ID,
        serviceId: ServiceID === "" ? service_id : ServiceID,
        token: Token,
      },
    };
  },
  true,
);

interface ServiceCheckBody extends CommonBody {
  readonly CheckID: string;
  readonly ProxyHTTP: string;
  readonly ProxyGRPC: string;
}

export interface ServiceCheck {
  /** It says nothing: a single `Check` that does so is none. */
  readonly empty: boolean;
  readonly check: CheckRegistration;
}

/** One of a service's checks. */
export const serviceCheck: GoType<ServiceCheck> = goSelfRead(
  goStruct<ServiceCheckBody>(typeName('ServiceID string "json:\\"ServiceID\\""; '), {
    ...common,
    CheckID: goString("types.CheckID"),
    ProxyHTTP: goText,
    ProxyGRPC: goText,
  }),
  (body) => {
    const spec = specOf(body);
    if (!spec.ok) return spec;
    const check = { ...registrationOf(body, spec.value), checkId: body.CheckID ?? "" };
    return { ok: true, value: { empty: isEmpty(body, check), check } };
  },
  true,
);

function registrationOf(body: Partial<CommonBody>, spec: CheckSpec): CheckRegistration {
  const { Name: name = "", Notes: notes = "", Status: status = "" } = body;
  return { ...NO_CHECK, name, notes, status, type: checkTypeOf(spec), spec };
}

/** As Go compares them: a list or a map that is there says something, even with nothing in it. */
function isEmpty(body: Partial<ServiceCheckBody>, check: CheckRegistration): boolean {
  if (scriptArgsOf(body) !== undefined || body.Header !== undefined) return false;
  if (says(body.ProxyHTTP) || says(body.ProxyGRPC)) return false;
  // TLS is what an HTTP/2 ping is made with unless anything is said.
  return saysNothingBut(check.spec, "h2pingUseTls") && saysNothingBut(check, "spec");
}

/** Without taking it apart: to make a record of all its fields but one costs more than to read the whole body. */
function saysNothingBut<T extends object>(record: T, name: keyof T): boolean {
  for (const key in record) if (key !== name && says(record[key])) return false;
  return true;
}

function says(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** The first that has anything in it, or else the last that is there. */
function scriptArgsOf(body: Partial<CommonBody>): readonly string[] | undefined {
  const { ScriptArgs, args, script_args } = body;
  return [ScriptArgs, args].find((each) => each !== undefined && each.length > 0) ?? script_args;
}

function specOf(body: Partial<CommonBody>): Finished<CheckSpec> {
  const after = body.DeregisterCriticalServiceAfter ?? body.deregister_critical_service_after;
  const times: number[] = [];
  for (const time of [body.Interval, body.Timeout, body.TTL, after]) {
    const read = durationOf(time);
    if (!read.ok) return read;
    times.push(read.value);
  }
  const [intervalNs = 0, timeoutNs = 0, ttlNs = 0, deregisterCriticalServiceAfterNs = 0] = times;
  const value: CheckSpec = {
    intervalNs,
    timeoutNs,
    ttlNs,
    deregisterCriticalServiceAfterNs,
    outputMaxSize: body.OutputMaxSize ?? 0,
    successBeforePassing: body.SuccessBeforePassing ?? 0,
    failuresBeforeCritical: body.FailuresBeforeCritical ?? 0,
    failuresBeforeWarning: body.FailuresBeforeWarning ?? 0,
    ...probeOf(body),
  };
  return { ok: true, value };
}

/** What it looks at, and how. */
function probeOf(
  body: Partial<CommonBody>,
): Omit<
  CheckSpec,
  | "intervalNs"
  | "timeoutNs"
  | "ttlNs"
  | "deregisterCriticalServiceAfterNs"
  | "outputMaxSize"
  | "successBeforePassing"
  | "failuresBeforeCritical"
  | "failuresBeforeWarning"
> {
  const { DockerContainerID = "", docker_container_id = "" } = body;
  return {
    http: body.HTTP ?? "",
    tlsSkipVerify: body.TLSSkipVerify === true || body.tls_skip_verify === true,
    header: body.Header ?? [],
    method: body.Method ?? "",
    body: body.Body ?? "",
    tcp: body.TCP ?? "",
    scriptArgs: scriptArgsOf(body) ?? [],
    dockerContainerId: DockerContainerID === "" ? docker_container_id : DockerContainerID,
    shell: body.Shell ?? "",
    grpc: body.GRPC ?? "",
    grpcUseTls: body.GRPCUseTLS ?? false,
    aliasNode: body.AliasNode ?? "",
    aliasService: body.AliasService ?? "",
    tcpUseTls: body.TCPUseTLS ?? false,
    udp: body.UDP ?? "",
    h2ping: body.H2PING ?? "",
    h2pingUseTls: body.H2PingUseTLS ?? true,
    osService: body.OSService ?? "",
    disableRedirects: body.DisableRedirects ?? false,
    tlsServerName: body.TLSServerName ?? "",
  };
}
