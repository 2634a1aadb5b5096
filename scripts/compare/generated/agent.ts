// An agent's own services and checks. Only the agent is asked: when the catalog hears of it is the agents' own affair.

import type { Draw } from "./draw.ts";
import { filterOf } from "./parameters.ts";
import { type Family, fields, type Json, type Request, read, write } from "./request.ts";

const IDS: readonly string[] = ["{p}w1", "{p}w2", "{p}web"];
const NAMES: readonly string[] = ["{p}web", "{p}db"];
const CHECKS: readonly string[] = [
  "{p}c1",
  "{p}c2",
  "service:{p}w1",
  "service:{p}web",
  "service:{p}w1:1",
  "service:{p}w1:2",
];

/** Long ones: nothing may expire while a sequence is played. */
function check(draw: Draw): Record<string, Json> {
  return {
    TTL: draw.one(["1h", "2h", "1h", "x", "0s", ""]),
    ...fields(draw, {
      CheckID: [3, ["{p}c1", "{p}c2"]],
      Name: [3, ["{p}c1", "alive"]],
      Status: [3, ["passing", "warning", "critical", "odd", ""]],
      Notes: [5, ["n"]],
      DeregisterCriticalServiceAfter: [8, ["24h", "x"]],
      SuccessBeforePassing: [10, [1, -1, 3]],
    }),
  };
}

function registerService(draw: Draw): Request {
  const body = {
    ...(draw.oneIn(15) ? {} : { Name: draw.one(NAMES) }),
    ...fields(draw, {
      ID: [2, IDS],
      // An empty list is told from none in some answers of the original, and nowhere in ours (compatibility.md).
      Tags: [3, [["a"], ["a", "b"], null]],
      Port: [3, [0, 80, 8080]],
      Meta: [4, [{ a: "1" }, {}, { "bad key": "x" }]],
      Address: [6, ["9.9.9.9", ""]],
      Weights: [6, [{ Passing: 2, Warning: 1 }, {}, { Passing: 70_000 }, { Passing: 0 }]],
      EnableTagOverride: [8, [true]],
      TaggedAddresses: [8, [{ lan: { Address: "1.2.3.4", Port: 5 } }, {}]],
    }),
    ...(draw.oneIn(3) ? { Check: check(draw) } : {}),
    ...(draw.oneIn(4) ? { Checks: draw.many(0, 2, () => check(draw)) } : {}),
  };
  const query = draw.oneIn(4) ? [`replace-existing-checks${draw.one(["", "=true", "=false", "=x"])}`] : [];
  return write("PUT", "agent/service/register", query, body);
}

function registerCheck(draw: Draw): Request {
  const body = {
    ...check(draw),
    ...fields(draw, { ServiceID: [2, IDS], ID: [2, ["{p}c1", "{p}c2"]], Name: [6, ["{p}c2"]] }),
  };
  return write("PUT", "agent/check/register", [], body);
}

const SERVICE_FILTERS: readonly string[] = [
  'Service == "{p}web"',
  "Port == 80",
  '"a" in Tags',
  'Meta.a == "1"',
];
const CHECK_FILTERS: readonly string[] = [
  'Status == "passing"',
  'ServiceID == "{p}w1"',
  'CheckID contains "c1"',
];

export const AGENT: Family = {
  name: "agent",
  exam: [read("agent/services"), read("agent/checks")],
  draw: (from) =>
    from.weighted([
      [6, () => registerService(from)],
      [4, () => registerCheck(from)],
      [2, () => write("PUT", `agent/service/deregister/${from.one(IDS)}`)],
      [1, () => write("PUT", `agent/check/deregister/${from.one(CHECKS)}`)],
      [4, () => turn(from)],
      [1, () => maintenance(from)],
      [2, () => read("agent/services", filterOf(from, SERVICE_FILTERS, 3))],
      [3, () => read("agent/checks", filterOf(from, CHECK_FILTERS, 3))],
      [2, () => read(`agent/service/${from.one(IDS)}`)],
      [2, () => health(from, "id", IDS)],
      [2, () => health(from, "name", NAMES)],
    ]),
};

/** Instances, and their checks, come in any order. */
function health(draw: Draw, by: string, which: readonly string[]): Request {
  const query = draw.oneIn(3) ? ["format=text"] : [];
  return read(`agent/health/service/${by}/${draw.one(which)}`, query, { inAnyOrder: true });
}

function turn(draw: Draw): Request {
  const id = draw.one(CHECKS);
  if (draw.oneIn(3))
    return write("PUT", `agent/check/update/${id}`, [], {
      Status: draw.one(["passing", "warning", "critical", "odd", ""]),
      Output: draw.one(["o", "", "<&>"]),
    });
  const note = draw.oneIn(2) ? [`note=${draw.one(["n", "", "a%20b", "%c3%bc"])}`] : [];
  return write("PUT", `agent/check/${draw.one(["pass", "warn", "fail"])}/${id}`, note);
}

function maintenance(draw: Draw): Request {
  const query = [`enable=${draw.one(["true", "false", "x", ""])}`, ...(draw.oneIn(2) ? ["reason=r"] : [])];
  return write("PUT", `agent/service/maintenance/${draw.one([...IDS, ""])}`, query);
}
