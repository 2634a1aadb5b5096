// What an agent measures, its machine and its log. Numbers differ from moment to moment and from program to program: they
// are compared by their kind.

import { ask, type Case, type Group, get, PLAIN } from "./cases.ts";

const HOST = { leaves: ["Memory", "CPU", "Host", "Disk", "CollectionTime"] };
const METRICS = { leaves: ["Timestamp", "Gauges", "Counters", "Samples"] };

const CASES: readonly Case[] = [
  get("the machine", "/v1/agent/host", HOST),
  get("the machine, pretty", "/v1/agent/host?pretty", HOST),
  get("the machine, of parameters that mean nothing", "/v1/agent/host?dc=dc2&index=a&stale&consistent", HOST),
  ask("PUT /v1/agent/host", "the machine cannot be put"),
  ask("OPTIONS /v1/agent/host", "the machine's options"),
  get("more than the machine", "/v1/agent/host/x"),
  get("the measurements", "/v1/agent/metrics", METRICS),
  get("the measurements, pretty", "/v1/agent/metrics?pretty", METRICS),
  get("the measurements, of parameters that mean nothing", "/v1/agent/metrics?dc=dc2&index=a", METRICS),
  get("the measurements in an unknown format", "/v1/agent/metrics?format=x", METRICS),
  get("the measurements in no format", "/v1/agent/metrics?format=", METRICS),
  get("the measurements for Prometheus, which is off", "/v1/agent/metrics?format=prometheus"),
  get("the measurements for Prometheus, by another header", "/v1/agent/metrics", {
    ...METRICS,
    headers: "Accept: text/plain; version=0.0.4\r\n",
  }),
  ask("POST /v1/agent/metrics", "measurements cannot be posted"),
  ask("HEAD /v1/agent/metrics", "the head of measurements"),
  ask("OPTIONS /v1/agent/metrics", "the measurements' options"),
  get("the log of an unknown level", "/v1/agent/monitor?loglevel=bogus"),
  get("the log of an unknown level, as JSON", "/v1/agent/monitor?loglevel=%3c%22%3e&logjson"),
  ask("PUT /v1/agent/monitor", "the log cannot be put"),
  ask("OPTIONS /v1/agent/monitor", "the log's options"),
];

export const TELEMETRY: Group = { title: "measurements, machine, log", kinds: PLAIN, cases: CASES };
