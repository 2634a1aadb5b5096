// Configuration entries that a server's configuration brings along.

import { describe, expect, test } from "vitest";
import { decodeConfigEntry } from "../../../src/core/model/config-decode.ts";
import type { ConfigEntry } from "../../../src/core/model/config-entry.ts";
import { listConfigEntries } from "../../../src/core/store/config-entries.ts";
import { acknowledge, type Desk, follow, leader, serverOf, win } from "./desk.ts";

function entry(kind: string, name: string, more: readonly (readonly [string, string])[] = []): ConfigEntry {
  const decoded = decodeConfigEntry(new Map([["Kind", kind], ["Name", name], ...more]));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.entry;
}

const WEB = entry("service-defaults", "web", [["Protocol", "http"]]);
const ROUTER = entry("service-router", "web");
const LOST = entry("service-router", "db");

function written(desk: Desk): string[] {
  return listConfigEntries(serverOf(desk).store, "", undefined).map(({ kind, name }) => `${kind} ${name}`);
}

describe("a new leader", () => {
  test("writes what its configuration brings along, one after the other: each is judged by those before it", () => {
    const desk = leader({ configEntries: [WEB, ROUTER] });
    for (let turn = 0; turn < 4; turn++) acknowledge(desk);
    expect(written(desk)).toEqual(["service-defaults web", "service-router web"]);
  });

  test("leaves out what does not fit, and goes on", () => {
    const desk = leader({ configEntries: [LOST, WEB] });
    for (let turn = 0; turn < 4; turn++) acknowledge(desk);
    expect(written(desk)).toEqual(["service-defaults web"]);
  });

  test("leaves alone what is there", () => {
    const desk = leader({ configEntries: [WEB] });
    for (let turn = 0; turn < 3; turn++) acknowledge(desk);
    const before = listConfigEntries(serverOf(desk).store, "", undefined);
    follow(desk, "s2");
    win(desk);
    for (let turn = 0; turn < 3; turn++) acknowledge(desk);
    expect(before).toHaveLength(1);
    expect(listConfigEntries(serverOf(desk).store, "", undefined)).toEqual(before);
  });
});
