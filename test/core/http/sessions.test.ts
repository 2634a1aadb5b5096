// Sessions as they are printed: those who renew theirs hear the same again and again, and it is printed once.

import { describe, expect, test } from "vitest";
import type { HttpView } from "../../../src/core/http/plan.ts";
import { keepingLatest } from "../../../src/core/http/render.ts";
import { renderSessions } from "../../../src/core/http/session.ts";
import { textOf } from "../../../src/core/lib/bytes.ts";
import type { Session } from "../../../src/core/model/session.ts";
import { SETTINGS } from "./settings.ts";

const COMPACT: HttpView = { indent: false, raw: false, emptyList: false, told: undefined };
const INDENTED: HttpView = { ...COMPACT, indent: true };

function session(name: string): Session {
  return {
    ...{ id: "11111111-2222-3333-4444-555555555555", name, node: "n1", lockDelayNs: 15e9 },
    ...{ behavior: "release", ttl: "10s", nodeChecks: ["serfHealth"], serviceChecks: null, checks: [] },
    ...{ createIndex: 5, modifyIndex: 5 },
  };
}

function printed(view: HttpView, sessions: readonly Session[]): string {
  return textOf(renderSessions(view, SETTINGS, sessions, undefined).body);
}

describe("one session", () => {
  test("reads the same however often it is printed, indented and not, and as it does among others", () => {
    const one = session("a");
    const compact = printed(COMPACT, [one]);
    const indented = printed(INDENTED, [one]);
    expect(JSON.parse(compact)).toEqual(JSON.parse(indented));
    expect([printed(COMPACT, [one]), printed(INDENTED, [one])]).toEqual([compact, indented]);
    const inner = compact.slice(1, -1);
    expect(printed(COMPACT, [one, one])).toBe(`[${inner},${inner}]`);
    expect(indented.endsWith("\n]\n")).toBe(true);
  });

  test("is not taken for another one of the same id", () => {
    expect(printed(COMPACT, [session("before")])).toContain('"before"');
    expect(printed(COMPACT, [session("after")])).toContain('"after"');
  });
});

test("what is kept printed is bounded in number, and printed anew afterwards", () => {
  const prints: string[] = [];
  const render = keepingLatest<{ readonly text: string }>(2, ({ text }) => {
    prints.push(text);
    return text;
  });
  const [a, b, c] = [{ text: "a" }, { text: "b" }, { text: "c" }] as const;
  for (const each of [a, b, a, b, c, c, a])
    expect(textOf(render(COMPACT, SETTINGS, each, undefined).body)).toBe(each.text);
  expect(prints).toEqual(["a", "b", "c", "c", "a"]);
});
