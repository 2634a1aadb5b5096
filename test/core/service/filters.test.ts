// Filters as the original was heard to judge them (scripts/record-bexpr.ts): the whole way from a request's target to the
// rows that are left, or to the error.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { HttpRequest } from "../../../src/core/api/http.ts";
import {
  type CatalogNodes,
  type CatalogRegister,
  isRead,
  type Request,
} from "../../../src/core/api/request.ts";
import type { ResponseBody } from "../../../src/core/api/response.ts";
import { readHttp } from "../../../src/core/http/http.ts";
import { utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { bodyFilter } from "../../../src/core/service/filters.ts";
import { isQueryRun } from "../../../src/core/service/query-run.ts";
import { evaluateRead } from "../../../src/core/service/reads.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { SETTINGS } from "../http/settings.ts";
import { apply, registerNode, storeAt } from "../store/shelf.ts";
import { alone, type Desk, getKey, http, isClear, serverOf } from "./desk.ts";

interface Recorded {
  readonly registrations: readonly unknown[];
  /** What is wrong, or who is let through. */
  readonly cases: readonly (readonly [kind: string, filter: string, answer: string | readonly string[]])[];
}

const FILE = join(import.meta.dirname, "../../vectors/bexpr.json");
const recorded: Recorded = JSON.parse(readFileSync(FILE, "utf8"));

/** As the recording asked. */
const TARGETS: Readonly<Record<string, string>> = {
  nodes: "catalog/nodes?node-meta=ours:1",
  service: "catalog/service/web?x",
  node: "catalog/node-services/n1?x",
  health: "health/service/web?x",
  checks: "health/state/any?node-meta=ours:1",
};

function asked(method: string, target: string, body = ""): Request {
  const request: HttpRequest = {
    method,
    target: `/v1/${target}`,
    headers: new Map(),
    body: utf8Bytes(body),
    remote: "127.0.0.1",
  };
  const plan = readHttp(request, SETTINGS);
  if (plan.kind !== "ask") throw new Error(plan.response.body);
  return plan.request;
}

function registered(): Store {
  const store = storeAt(10);
  for (const each of recorded.registrations) {
    const request = asked("PUT", "catalog/register", JSON.stringify(each));
    expect(apply(store, request as CatalogRegister).outcome.ok).toBe(true);
  }
  return store;
}

function rowsOf(body: ResponseBody): string[] {
  switch (body.kind) {
    case "nodes":
      return body.nodes.map(({ node }) => node);
    case "service-nodes":
    case "health":
      return body.rows.map(({ node, service }) => `${node.node}/${service.id}`);
    case "node-services":
      return body.services.map(({ id }) => id);
    case "checks":
      return body.checks.map(({ node, checkId }) => `${node}/${checkId}`);
    default:
      throw new Error(body.kind);
  }
}

function answerTo(store: Store, kind: string, filter: string): string | string[] {
  const request = asked("GET", `${TARGETS[kind]}&filter=${encodeURIComponent(filter)}`);
  if (!isRead(request) || request.kind === "snapshot.open" || isQueryRun(request))
    throw new Error(request.kind);
  const made = bodyFilter(request);
  if (!made.ok) return made.error;
  const kept = made.keep(evaluateRead(store, request).body);
  return kept.ok ? rowsOf(kept.body) : kept.error;
}

describe("filters, as the original was heard to judge them", () => {
  const store = registered();

  test.each(Object.keys(TARGETS))("%s", (kind) => {
    const cases = recorded.cases.filter(([its]) => its === kind);
    expect(cases.length).toBeGreaterThan(100);
    const wrong = cases
      .map(([, filter, answer]) => ({ filter, answer, ours: answerTo(store, kind, filter) }))
      .filter(({ answer, ours }) => JSON.stringify(answer) !== JSON.stringify(ours));
    expect(wrong).toEqual([]);
  });
});

describe("a blocking query with a filter", () => {
  function nodes(desk: Desk, filter: string): CatalogNodes {
    const { options } = getKey("", { minIndex: serverOf(desk).store.lastApplied, waitMs: 60_000 });
    return { kind: "catalog.nodes", nodeMeta: [], filter: utf8(filter), options };
  }

  test("is woken by whatever is new, also by what it does not let through", () => {
    const desk = alone();
    http(desk, registerNode("n1"));
    const id = http(desk, nodes(desk, "Node == n1"));
    expect(desk.answers.get(id)).toBeUndefined();
    http(desk, registerNode("n2"));
    const answer = desk.answers.get(id);
    expect(answer?.ok === true && rowsOf(answer.body)).toEqual(["n1"]);
    expect(answer?.ok === true && answer.meta?.index).toBe(serverOf(desk).store.lastApplied);
    expect(isClear(desk)).toBe(true);
  });

  test("does not wait when there is something wrong with it", () => {
    const desk = alone();
    const id = http(desk, nodes(desk, "Nope == n1"));
    expect(desk.answers.get(id)).toEqual({
      ok: false,
      error: {
        code: "refused",
        detail: 'Failed to create boolean expression evaluator: Selector "Nope" is not valid',
      },
    });
    expect(isClear(desk)).toBe(true);
  });
});
