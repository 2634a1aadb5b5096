import { describe, expect, test } from "vitest";
import type { HttpResponse } from "../../../src/core/api/http.ts";
import {
  filterOf,
  refuseFilter,
  refuseNoFilter,
  renderFiltered,
  renderLateFiltered,
} from "../../../src/core/http/filter.ts";
import type { Call, HttpPlan, HttpView } from "../../../src/core/http/plan.ts";
import { parseQuery } from "../../../src/core/http/query.ts";
import { jsonResponse, viewOf } from "../../../src/core/http/render.ts";
import { type Fields, fields, text } from "../../../src/core/lib/bexpr/fields.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { SETTINGS } from "./settings.ts";

const WORDS: Fields<string> = fields({ Word: text((word: string) => word) });
function callOf(query: string): Call {
  const request = {
    method: "GET",
    target: "/",
    headers: new Map(),
    body: new Uint8Array(0),
    remote: "127.0.0.1",
  };
  return {
    request,
    path: "/v1/agent/services" as ByteString,
    rest: "" as ByteString,
    query: parseQuery(query) ?? [],
    settings: SETTINGS,
  };
}

function bodyOf(plan: HttpPlan | undefined): readonly [number, string] | undefined {
  if (plan === undefined) return undefined;
  if (plan.kind !== "answer") throw new Error("asks");
  return [plan.response.status, plan.response.body as string];
}

/** What becomes of three words. */
function rendered(query: string, render: typeof renderFiltered, words: readonly string[]): HttpResponse {
  const call = callOf(query);
  const view: HttpView = { ...viewOf(call), ...filterOf(call) };
  return render(view, SETTINGS, WORDS, words, (kept) =>
    jsonResponse(view, SETTINGS, JSON.stringify(kept), undefined),
  );
}

const EVALUATOR = "Failed to create boolean expression evaluator: ";
const NOT_VALID = 'Selector "Nope" is not valid';
const THREE = ["a", "b", "ab"];

describe("a filter of what an agent answers by itself", () => {
  test("is refused when the request comes, if it is wrong", () => {
    expect(bodyOf(refuseFilter(callOf("filter=Nope==1"), WORDS))).toEqual([500, EVALUATOR + NOT_VALID]);
    expect(bodyOf(refuseFilter(callOf("filter=Word==a"), WORDS))).toBeUndefined();
    expect(bodyOf(refuseFilter(callOf("filter=&x"), WORDS))).toBeUndefined();
    expect(bodyOf(refuseNoFilter(callOf("filter=Nope==1")))).toBeUndefined();
    expect(bodyOf(refuseNoFilter(callOf("filter=Nope")))?.[1]).toMatch(
      /^Failed to create .*: 1:5 \(4\): no match/,
    );
  });

  test.each([renderFiltered, renderLateFiltered])("is run when the answer is rendered (%o)", (render) => {
    expect(rendered("", render, THREE).body).toBe('["a","b","ab"]');
    expect(rendered("filter=Word+contains+b", render, THREE).body).toBe('["b","ab"]');
  });

  test("that is looked at late is refused when there is something to ask", () => {
    expect(rendered("filter=Nope==1", renderLateFiltered, [])).toMatchObject({ status: 200, body: "[]" });
    expect(rendered("filter=Nope==1", renderLateFiltered, THREE)).toMatchObject({
      status: 500,
      body: NOT_VALID,
    });
  });
});
