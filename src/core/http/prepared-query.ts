// /v1/query: prepared queries made, replaced, removed, listed, run and explained. Consul 1.8's
// agent/prepared_query_endpoint.go. What is below /v1/query/ judges its methods itself: which there are depends on how the
// path ends.

import type { HttpResponse } from "../api/http.ts";
import type { QueryFields } from "../api/prepared-query.ts";
import type { ReadOptions } from "../api/request.ts";
import { type ByteString, byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import { parseGoBool } from "../lib/go-bool.ts";
import { parseAtoi } from "../lib/go-number.ts";
import { quote } from "../lib/go-quote.ts";
import { ipBytes, ipText } from "../model/address.ts";
import type { Labels } from "../model/catalog.ts";
import type { QueryFailover, QueryTemplate } from "../model/prepared-query.ts";
import { apiResponse, methodNotAllowed, refuse, VARY } from "./answer.ts";
import {
  goBool,
  goInt,
  goLabels,
  goList,
  goNullable,
  goString,
  goStruct,
  goText,
  goTexts,
  goUint64,
  readBody,
} from "./go-struct.ts";
import type { Call, HttpPlan } from "./plan.ts";
import { firstValue } from "./query.ts";
import { nearOf, parseOptions } from "./read-options.ts";
import { askServer, jsonResponse, viewOf } from "./render.ts";

const texts = goNullable(goTexts);

interface TemplateBody {
  readonly Type: string;
  readonly Regexp: string;
  readonly RemoveEmptyTags: boolean;
}
interface TargetBody {
  readonly Peer: string;
  readonly Datacenter: string;
}
interface FailoverBody {
  readonly NearestN: number;
  readonly Datacenters: readonly string[] | null;
  /** Another way to name datacenters, of later Consuls: their Go client sends it always. */
  readonly Targets: readonly Partial<TargetBody>[] | null;
}
interface ServiceBody {
  readonly Service: string;
  readonly Failover: Partial<FailoverBody>;
  readonly OnlyPassing: boolean;
  readonly IgnoreCheckIDs: readonly string[] | null;
  readonly Near: string;
  readonly Tags: readonly string[] | null;
  readonly NodeMeta: Labels;
  readonly ServiceMeta: Labels;
  readonly Connect: boolean;
}
interface DnsBody {
  readonly TTL: string;
}
interface QueryBody {
  readonly ID: string;
  readonly Name: string;
  readonly Session: string;
  readonly Token: string;
  readonly Template: Partial<TemplateBody>;
  readonly Service: Partial<ServiceBody>;
  readonly DNS: Partial<DnsBody>;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

const labels = goNullable(goLabels);
const queryBody = goStruct<QueryBody>("structs.PreparedQuery", {
  ID: goText,
  Name: goText,
  Session: goText,
  Token: goText,
  Template: goStruct<TemplateBody>("structs.QueryTemplateOptions", {
    Type: goText,
    Regexp: goText,
    RemoveEmptyTags: goBool,
  }),
  Service: goStruct<ServiceBody>("structs.ServiceQuery", {
    Service: goText,
    Failover: goStruct<FailoverBody>("structs.QueryDatacenterOptions", {
      NearestN: goInt,
      Datacenters: texts,
      Targets: goNullable(
        goList(goStruct<TargetBody>("structs.QueryFailoverTarget", { Peer: goText, Datacenter: goText }), {}),
      ),
    }),
    OnlyPassing: goBool,
    IgnoreCheckIDs: goNullable(goList(goString("types.CheckID"), "")),
    Near: goText,
    Tags: texts,
    NodeMeta: labels,
    ServiceMeta: labels,
    Connect: goBool,
  }),
  DNS: goStruct<DnsBody>("structs.QueryDNSOptions", { TTL: goText }),
  CreateIndex: goUint64,
  ModifyIndex: goUint64,
});

export function readQueries(call: Call): HttpPlan {
  if (call.request.method === "POST") {
    const read = readQuery(call);
    return "query" in read ? askServer(call, { kind: "query.set", create: true, query: read.query }) : read;
  }
  return withOptions(call, (options) =>
    askServer(call, { kind: "query.list", options }, { told: options.consistency }),
  );
}

/** The query in a body, or the refusal that the body has earned. */
function readQuery(call: Call): HttpPlan | { readonly query: QueryFields } {
  const read = readBody(queryBody, byteStringOf(call.request.body));
  if (!read.ok) return refuse(call.settings, 400, `Request decode failed: ${utf8(read.error)}`);
  const fault = targetsFault(read.value.Service?.Failover ?? {});
  return fault === undefined ? { query: queryOf(read.value) } : refuse(call.settings, 500, fault);
}

function targetsFault({ NearestN, Datacenters, Targets }: Partial<FailoverBody>): string | undefined {
  const targets = Targets ?? [];
  if (targets.length > 0 && ((NearestN ?? 0) !== 0 || (Datacenters ?? []).length > 0))
    return "Targets cannot be populated with NearestN or Datacenters";
  const peer = targets.find(({ Peer }) => (Peer ?? "") !== "")?.Peer;
  return peer && `Bad Targets: there is no peering here, so no peer ${JSON.stringify(peer)} can be asked`;
}

function queryOf(body: Partial<QueryBody>): QueryFields {
  const { Template: template = {}, Service: service = {}, DNS: dns = {} } = body;
  return {
    id: body.ID ?? "",
    name: body.Name ?? "",
    session: body.Session ?? "",
    token: body.Token ?? "",
    template: templateOf(template),
    service: {
      service: service.Service ?? "",
      failover: failoverOf(service.Failover ?? {}),
      onlyPassing: service.OnlyPassing ?? false,
      ignoreCheckIds: service.IgnoreCheckIDs ?? null,
      near: service.Near ?? "",
      tags: service.Tags ?? null,
      nodeMeta: service.NodeMeta ?? null,
      serviceMeta: service.ServiceMeta ?? null,
      connect: service.Connect ?? false,
    },
    dns: { ttl: dns.TTL ?? "" },
  };
}

function templateOf({ Type, Regexp, RemoveEmptyTags }: Partial<TemplateBody>): QueryTemplate {
  return { type: Type ?? "", regexp: Regexp ?? "", removeEmptyTags: RemoveEmptyTags ?? false };
}

function failoverOf({ NearestN, Datacenters, Targets }: Partial<FailoverBody>): QueryFailover {
  const targets = Targets?.map(({ Datacenter }) => Datacenter ?? "") ?? [];
  return { nearestN: NearestN ?? 0, datacenters: targets.length > 0 ? targets : (Datacenters ?? null) };
}

function withOptions(call: Call, go: (options: ReadOptions) => HttpPlan): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? go(parsed.options) : parsed.refusal;
}

const RUNS = ["/execute", "/explain"] as const;

export function readQueryById(call: Call): HttpPlan {
  const { request, settings } = call;
  const path = `/${call.rest}`;
  const run = RUNS.find((each) => path.endsWith(each));
  const methods = run === undefined ? "GET,PUT,DELETE" : "GET";
  if (request.method === "OPTIONS")
    return { kind: "answer", response: optionsOf(call, `OPTIONS,${methods}`) };
  if (!methods.split(",").includes(request.method))
    return methodNotAllowed(settings, methods, request.method);
  // Of "/v1/query/execute" the original takes nothing away: the slash before it is the endpoint's.
  const id = textOf(
    (run === undefined ? call.rest : call.rest.replace(new RegExp(`${run}$`), "")) as ByteString,
  );
  if (run === "/execute") return readExecute(call, id);
  if (run === "/explain") return readExplain(call, id);
  if (request.method === "PUT") return readUpdate(call, id);
  if (request.method === "DELETE") return askServer(call, { kind: "query.delete", id }, { silent: true });
  return withOptions(call, (options) =>
    askServer(call, { kind: "query.get", id, options }, { told: options.consistency }),
  );
}

/** The original prints what it has of a response as JSON: nothing. */
function optionsOf(call: Call, allow: string): HttpResponse {
  const { status, body } = jsonResponse(viewOf(call), call.settings, "{}", undefined);
  const headers = ["Allow", allow, "Content-Type", "application/json", ...VARY];
  return apiResponse(call.settings, status, headers, body);
}

/** The id in the path counts, not that in the body. Without a body it is a query of nothing. */
function readUpdate(call: Call, id: string): HttpPlan {
  const read = call.request.body.length === 0 ? { query: queryOf({}) } : readQuery(call);
  if (!("query" in read)) return read;
  return askServer(
    call,
    { kind: "query.set", create: false, query: { ...read.query, id } },
    { silent: true },
  );
}

function readExecute(call: Call, name: string): HttpPlan {
  return withRun(call, (options, limit) => {
    const connect = firstValue(call.query, "connect") ?? ("" as ByteString);
    const forced = connect === "" ? false : parseGoBool(textOf(connect));
    if (forced === undefined)
      return refuse(
        call.settings,
        500,
        `Error parsing 'connect' value: strconv.ParseBool: parsing ${quote(connect)}: invalid syntax`,
      );
    const near = nearOf(call) ?? "";
    const { nodeName: agent } = call.settings;
    return askServer(
      call,
      { kind: "query.execute", name, limit, connect: forced, near, ip: sourceIp(call), agent, options },
      { told: options.consistency },
    );
  });
}

function readExplain(call: Call, name: string): HttpPlan {
  return withRun(call, (options) =>
    askServer(call, { kind: "query.explain", name, options }, { told: options.consistency }),
  );
}

/** Neither waits for anything, whatever index it is asked with. */
function withRun(call: Call, go: (options: ReadOptions, limit: number) => HttpPlan): HttpPlan {
  return withOptions(call, ({ consistency }) => {
    const asked = textOf(firstValue(call.query, "limit") ?? ("" as ByteString));
    const limit = asked === "" ? ({ ok: true, value: 0 } as const) : parseAtoi(asked);
    if (!limit.ok) return refuse(call.settings, 500, utf8(`Bad limit: ${limit.error}`));
    return go({ consistency, minIndex: 0, waitMs: 0 }, limit.value);
  });
}

/** Whose address counts as the asker's: the first that a proxy names, else the peer's. "" for what is no address. */
function sourceIp({ request }: Call): string {
  const [first = ""] = (request.headers.get("x-forwarded-for") ?? "").split(",");
  const bytes = ipBytes(first.trim()) ?? ipBytes(request.remote);
  return (bytes && ipText(bytes)) ?? "";
}
