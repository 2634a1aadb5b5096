// User events among whole agents: fired at any, they come to all whom they are for, once, over whatever lies between.

import { expect } from "vitest";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];
const CLIENTS = ["x", "y"];
const ALL = [...SERVERS, ...CLIENTS];

/** The names of the events that came to an agent, oldest first. */
function eventsAt(t: Scenario, via: string): string[] {
  const { body } = t.ask("GET", "/v1/event/list", undefined, { via }).succeeds();
  return (JSON.parse(body) as { Name: string }[]).map(({ Name }) => Name);
}

function fire(t: Scenario, via: string, target: string): void {
  t.ask("PUT", `/v1/event/fire/${target}`, "payload", { via }).succeeds();
}

/** Looks twice a second: every look asks all agents. */
function waitUntil(t: Scenario, holds: () => boolean, withinMs = 10_000): void {
  for (let ms = 0; ms < withinMs && !holds(); ms += 500) t.run(500);
  expect(holds()).toBe(true);
}

const heardBy = (t: Scenario, name: string): string[] => ALL.filter((via) => eventsAt(t, via).includes(name));

scenario(
  "an event fired at a client agent comes to every agent once, whatever the network does to it",
  (t) => {
    t.cluster({
      servers: SERVERS,
      clients: CLIENTS,
      seed: 3,
      weather: { lossPpm: 100_000, duplicatePpm: 100_000, corruptPpm: 10_000 },
    });
    t.elect("a");
    t.until(() => t.everyoneIsIn());
    for (const name of ["one", "two", "three"]) fire(t, "x", name);
    waitUntil(t, () => heardBy(t, "three").length === ALL.length, 60_000);
    t.run(60_000);
    for (const via of ALL) expect(eventsAt(t, via).toSorted(), via).toEqual(["one", "three", "two"]);
  },
);

scenario("an event is for those whom its filters choose", (t) => {
  t.cluster({ servers: SERVERS, clients: CLIENTS, seed: 4 });
  t.elect("b");
  t.until(() => t.everyoneIsIn());
  fire(t, "y", "for-servers?node=%5E%5Babc%5D$");
  fire(t, "a", "for-clients?node=x%7Cy");
  fire(t, "a", "for-services?service=.");
  fire(t, "a", "last");
  waitUntil(t, () => heardBy(t, "last").length === ALL.length);
  // Rumours overtake each other.
  t.run(5_000);
  expect(heardBy(t, "for-servers")).toEqual(SERVERS);
  expect(heardBy(t, "for-clients")).toEqual(CLIENTS);
  expect(heardBy(t, "for-services")).toEqual([]);
});

scenario(
  "who is cut off hears of an event when the partition has healed, and not what was before he came",
  (t) => {
    t.cluster({ servers: SERVERS, clients: CLIENTS, seed: 5 });
    t.elect("a");
    t.until(() => t.everyoneIsIn());
    t.partition(["c", "y"], ["a", "b", "x"]);
    // By then nobody takes a server on the other side for one that could be asked.
    t.run(20_000);
    // Firing asks for no quorum: each side tells its own.
    fire(t, "x", "here");
    fire(t, "c", "there");
    waitUntil(t, () => heardBy(t, "here").length === 3 && heardBy(t, "there").length === 2);
    t.run(5_000);
    expect(heardBy(t, "here")).toEqual(["a", "b", "x"]);
    expect(heardBy(t, "there")).toEqual(["c", "y"]);
    t.heal();
    waitUntil(t, () => heardBy(t, "here").length + heardBy(t, "there").length === 2 * ALL.length, 180_000);
    t.kill("y");
    t.until(() => t.isFailed("y", "a"), { withinMs: 60_000 });
    t.restart("y");
    t.until(() => t.everyoneIsIn(), { withinMs: 60_000 });
    expect(eventsAt(t, "y")).toEqual([]);
    fire(t, "y", "after");
    waitUntil(t, () => heardBy(t, "after").length === ALL.length, 60_000);
    t.run(60_000);
    expect(eventsAt(t, "y")).toEqual(["after"]);
    for (const via of ["a", "b", "c", "x"])
      expect(eventsAt(t, via).toSorted(), via).toEqual(["after", "here", "there"]);
  },
);
