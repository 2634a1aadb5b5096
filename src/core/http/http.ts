// HTTP's front door: from a request to a question for the agent, or straight to an answer; and from the agent's answer to
// a response. It knows paths, parameters, status codes and headers, and nothing of sockets, framing or compression
// (adapters/http), nor of who answers the question. The order of judgement is Go's and Consul's, since a request that is
// wrong in two ways must be told the same as by Consul 1.8.

import { apiError } from "../api/error.ts";
import type { HttpRequest, HttpResponse } from "../api/http.ts";
import type { QueryMeta, Response, ResponseBody } from "../api/response.ts";
import { InvariantError, unreachable } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import { denyWrite, isBlocked } from "./access.ts";
import { renderMembers, renderSelf, renderVersion } from "./agent.ts";
import { renderLocalChecks } from "./agent-checks.ts";
import { renderLocalHealth } from "./agent-health.ts";
import { renderLocalService, renderLocalServices } from "./agent-services.ts";
import {
  bareAnswer,
  malformedAnswer,
  methodNotAllowed,
  optionsAnswer,
  redirect,
  refuse,
  undecodableQuery,
} from "./answer.ts";
import { renderAutopilotConfiguration } from "./autopilot.ts";
import { tellCache, withCached } from "./cached.ts";

import {
  renderDatacenters,
  renderNodeServices,
  renderNodes,
  renderServiceNodes,
  renderServices,
} from "./catalog.ts";
import { renderConfigEntries } from "./config.ts";
import { renderCoordinateDatacenters, renderCoordinates } from "./coordinate.ts";
import { renderEvent, renderEvents } from "./event.ts";

import { renderGatewayServices } from "./gateways.ts";
import { renderChecks, renderHealthRows } from "./health.ts";
import { renderIntentionMatches, renderIntentions } from "./intention.ts";
import { renderKeyring } from "./keyring.ts";
import { renderKeys, renderPairs } from "./kv.ts";
import { renderHealth, renderState, renderSuccess } from "./operator.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { renderExplained, renderQueries, renderQueryResult, renderQuerySet } from "./prepared-query-json.ts";
import { parseQuery } from "./query.ts";
import { maxStaleMs } from "./read-options.ts";
import { doneResponse, errorResponse, jsonResponse } from "./render.ts";
import { findRoute, lacksSlash } from "./routes.ts";
import { renderSessionCreated, renderSessions } from "./session.ts";
import { renderArchive } from "./snapshot.ts";
import { renderLeader, renderPeers, renderRaftConfiguration } from "./status.ts";
import { cleanPath, encodePath, readTarget } from "./target.ts";
import { renderHost, renderMetrics } from "./telemetry.ts";
import { translateAddresses } from "./translate-addresses.ts";
import { renderTxn } from "./txn.ts";
import { renderGatewayDump, renderNodeDump, renderOverview, renderServiceSummary } from "./ui.ts";
import { renderUsages } from "./usage.ts";

/** What a request asks for, or what it is answered without asking. Never throws, whatever it is given. */
export function readHttp(request: HttpRequest, settings: HttpSettings): HttpPlan {
  const { method } = request;
  if (request.target === "*") return answerAsterisk(method);
  const target = readTarget(request.target);
  if (target === undefined) return malformedAnswer();
  if (!target.printable && settings.takesUnprintablePaths !== true) return bareAnswer(400);
  const path = target.clean ? target.path : cleanPath(target.path);
  const route = findRoute(path);
  if (lacksSlash(path)) return redirectTo(method, `${encodePath(path)}/`, target.rawQuery);
  if (!target.clean) return redirectTo(method, encodePath(path), target.rawQuery);
  if (route === undefined) return answerUnknown(path);
  const query = parseQuery(target.rawQuery);
  if (query === undefined) return undecodableQuery(settings);
  if (isBlocked(path, settings)) return refuse(settings, 403, "Endpoint is blocked by agent configuration");
  if (route.judgesMethods !== true) {
    if (method === "OPTIONS") return optionsAnswer(settings, route.allow);
    if (!route.methods.includes(method)) return methodNotAllowed(settings, route.allow, method);
  }
  const denied = denyWrite(request, settings);
  if (denied !== undefined) return denied;
  const call = { request, path, rest: path.slice(route.path.length) as ByteString, query, settings };
  return withStaleness(call, withCached(call, route.read(call)));
}

/** Only what tells how fresh it is says for how long a server may have been alone. */
function withStaleness(call: Call, plan: HttpPlan): HttpPlan {
  if (plan.kind !== "ask" || plan.view.told !== "stale") return plan;
  const maxMs = maxStaleMs(call);
  return maxMs > 0 ? { maxStaleMs: maxMs, ...plan } : plan;
}

function redirectTo(method: string, location: string, rawQuery: string): HttpPlan {
  return redirect(method, rawQuery === "" ? location : `${location}?${rawQuery}`);
}

/** "*" is the server itself, which can only be asked for its OPTIONS (RFC 9110 §7.1). */
function answerAsterisk(method: string): HttpPlan {
  const body = "" as ByteString;
  const response: HttpResponse =
    method === "OPTIONS"
      ? { status: 200, headers: ["Content-Length", "0"], body }
      : { status: 400, headers: ["Connection", "close"], body, close: true };
  return { kind: "answer", response };
}

/** "/" says who is there, in Consul's words for a server without its UI. */
function answerUnknown(path: ByteString): HttpPlan {
  if (path !== "/") return bareAnswer(404);
  return { kind: "answer", response: { status: 200, headers: [], body: "Consul Agent" as ByteString } };
}

/** The response that tells the agent's answer. */
export function writeHttp(view: HttpView, response: Response, settings: HttpSettings): HttpResponse {
  if (!response.ok) return errorResponse(view, settings, response.error);
  if (view.refusal !== undefined) return errorResponse(view, settings, view.refusal);
  const { body, meta, cache } = response;
  const written = writeBody(
    view,
    settings,
    translates(view, body, settings) ? translateAddresses(body) : body,
    meta,
  );
  return cache === undefined ? written : tellCache(written, cache);
}

/** Whose answer it is counts; for a prepared query that is whoever found something, whoever was asked. */
function translates(view: HttpView, body: ResponseBody, settings: HttpSettings): boolean {
  if (body.kind !== "query-result") return view.translate === true;
  return settings.translateWanAddrs === true && body.result.datacenter !== settings.datacenter;
}

function writeBody(
  view: HttpView,
  settings: HttpSettings,
  body: ResponseBody,
  meta: QueryMeta | undefined,
): HttpResponse {
  switch (body.kind) {
    case "kv.pairs":
      return renderPairs(view, settings, body.pairs, meta);
    case "kv.keys":
      return renderKeys(view, settings, body.keys, meta);
    case "applied":
      if (view.silent) return doneResponse(settings);
      return jsonResponse(view, settings, view.deleting ? "{}" : String(body.applied), undefined);
    case "datacenters":
      return renderDatacenters(view, settings, body.names);
    case "nodes":
      return renderNodes(view, settings, body.nodes, meta);
    case "coordinates":
      return renderCoordinates(view, settings, body.coordinates, meta);
    case "coordinate-datacenters":
      return renderCoordinateDatacenters(view, settings, body.datacenters);
    case "services":
      return renderServices(view, settings, body.services, meta);
    case "service-nodes":
      return renderServiceNodes(view, settings, body.rows, meta);
    case "node-services":
      return renderNodeServices(view, settings, body.node, body.services, meta);
    case "health":
      return view.summary
        ? renderServiceSummary(view, settings, body.rows, meta)
        : renderHealthRows(view, settings, body.rows, meta);
    case "checks":
      return renderChecks(view, settings, body.checks, meta);
    case "node-dump":
      return renderNodeDump(view, settings, body.rows, meta);
    case "overview":
      return renderOverview(view, settings, body.overview, meta);
    case "usage":
      return renderUsages(view, settings, [[view.usageOf ?? "", body.usage]], meta);
    case "usages":
      return renderUsages(view, settings, body.usages, meta);
    case "gateway-dump":
      return renderGatewayDump(view, settings, body.rows, meta);
    case "config-entries":
      return renderConfigEntries(view, settings, body.entries, meta);
    case "gateway-services":
      return renderGatewayServices(view, settings, body.rows, meta);
    case "sessions":
      return renderSessions(view, settings, body.sessions, meta);
    case "session-created":
      return renderSessionCreated(view, settings, body.id);
    case "queries":
      return renderQueries(view, settings, body.queries, meta);
    case "query-explained":
      return renderExplained(view, settings, body.query, meta);
    case "query-result":
      return renderQueryResult(view, settings, body.result, meta);
    case "query-set":
      return renderQuerySet(view, settings, body.id);
    case "intentions":
      return renderIntentions(view, settings, body.intentions, meta);
    case "intention-matches":
      return renderIntentionMatches(view, settings, body.matches);
    case "intention-set":
      return renderSessionCreated(view, settings, body.id);
    case "txn":
      return renderTxn(view, settings, body, meta);
    case "leader":
      return renderLeader(view, settings, body.address);
    case "peers":
      return renderPeers(view, settings, body.addresses);
    case "raft-configuration":
      return renderRaftConfiguration(view, settings, body.servers, body.index);
    case "autopilot-configuration":
      return renderAutopilotConfiguration(view, settings, body.config);
    case "autopilot-health":
      return view.state
        ? renderState(view, settings, body.health)
        : renderHealth(view, settings, body.health);
    case "keyring":
      return renderKeyring(view, settings, body.operation, body.responses);
    case "archive":
      return renderArchive(settings, body.pieces, meta);
    case "address-owner":
    case "service-config":
    case "archive-opened":
    case "archive-piece":
    case "archive-received":
    case "archive-restored":
      // Between agents only, for DNS, for proxies and for archives that service/transfers.ts makes of them: nobody asked for one here.
      return errorResponse(view, settings, apiError("refused", "a server answered what it was not asked"));
    case "self":
      return renderSelf(view, settings, body.self);
    case "version":
      return renderVersion(view, settings, body.version);
    case "members":
      return renderMembers(view, settings, body.members);
    case "host":
      return renderHost(view, settings, body.host);
    case "metrics":
      return renderMetrics(view, settings, body.report);
    case "events":
      return renderEvents(view, settings, body.events, body.index);
    case "local-services":
      return renderLocalServices(view, settings, body.services);
    case "local-service":
      return renderLocalService(view, settings, body.service, body.hash);
    case "local-checks":
      return renderLocalChecks(view, settings, body.checks);
    case "local-health":
      return renderLocalHealth(view, settings, body.instances);
    case "done":
      if (view.event !== undefined) return renderEvent(view, settings, view.event);
      return view.success ? renderSuccess(view, settings) : doneResponse(settings);
    case "raft-status":
      throw new InvariantError("servers ask each other this; nobody asks it over HTTP");
    default:
      return unreachable(body);
  }
}
