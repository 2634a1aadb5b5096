// Commands that are run on many agents at once, and events, while agents die, are cut off and lose their leader. The asker's
// part of the protocol is played here (adapters/cli/remote-exec.ts has the real one).

import { expect } from "vitest";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];
const CLIENTS = ["x", "y", "z"];
const ALL = [...SERVERS, ...CLIENTS];

/** A cluster whose agents obey; all are there. */
function obedient(t: Scenario, seed: number, lossPpm = 0): void {
  t.cluster({ servers: SERVERS, clients: CLIENTS, seed, weather: { lossPpm, duplicatePpm: lossPpm } });
  for (const name of ALL) {
    t.reconfigure(name, (config) => ({ ...config, remoteExec: true }));
    t.kill(name);
    t.restart(name);
  }
  t.elect("a");
  t.until(() => t.everyoneIsIn(), { withinMs: 60_000 });
}

/** Asks once more when the answer was lost with a leader: all that is asked here may be asked twice. */
function insist(t: Scenario, method: string, path: string, body: string | undefined, via: string): string {
  for (let left = 10; left > 0; left--) {
    const answer = t.ask(method, path, body, { via, withinMs: 30_000 });
    if (answer.isGood) return answer.body;
    t.run(1_000);
  }
  throw new Error(`${method} ${path} does not succeed at ${via}`);
}

/** A session of the asker, without checks and without an end of its own. */
function openSession(t: Scenario, via: string): string {
  const made = insist(t, "PUT", "/v1/session/create", '{"Behavior":"delete","Checks":[]}', via);
  return (JSON.parse(made) as { ID: string }).ID;
}

/** Lays down a job and tells all agents of it. @returns What its keys begin with. */
function startJob(t: Scenario, session: string, command: string, via: string): string {
  const prefix = `_rexec/${session}/`;
  const job = JSON.stringify({ Command: command, Args: [], Script: "", Wait: 2e9 });
  expect(insist(t, "PUT", `/v1/kv/${prefix}job?acquire=${session}`, job, via).trim()).toBe("true");
  const order = JSON.stringify({ Prefix: "_rexec", Session: session });
  insist(t, "PUT", "/v1/event/fire/_rexec", order, via);
  return prefix;
}

/** Key behind the prefix → value, of what the agents have written. */
function written(t: Scenario, prefix: string, via: string): Map<string, string> {
  const { body } = t.ask("GET", `/v1/kv/${prefix}?recurse`, undefined, { via, withinMs: 30_000 }).succeeds();
  return new Map(
    (JSON.parse(body) as { Key: string; Value: string | null }[]).map(({ Key, Value }) => [
      Key.slice(prefix.length),
      Buffer.from(Value ?? "", "base64").toString(),
    ]),
  );
}

/** Who has ended a job, by the exit code that is written. */
function ended(keys: ReadonlyMap<string, string>, code: string): string[] {
  return ALL.filter((name) => keys.get(`${name}/exit`) === code);
}

/** Looks once a second. */
function waitUntil(t: Scenario, what: string, holds: () => boolean, withinMs = 60_000): void {
  for (let ms = 0; ms < withinMs && !holds(); ms += 1000) t.run(1000);
  expect(holds(), what).toBe(true);
}

scenario(
  "a command runs once on each agent, and its words and its end are there, over a lossy network",
  (t) => {
    obedient(t, 1, 50_000);
    const session = openSession(t, "x");
    const prefix = startJob(t, session, "hello", "x");
    waitUntil(t, "all have ended", () => ended(written(t, prefix, "x"), "0").length === ALL.length);
    t.run(20_000);
    const keys = written(t, prefix, "b");
    for (const name of ALL)
      expect(
        [...keys].filter(([key]) => key.startsWith(`${name}/`)),
        name,
      ).toEqual([
        [`${name}/ack`, ""],
        [`${name}/exit`, "0"],
        [`${name}/out/00000`, "hello\n"],
      ]);
  },
);

scenario(
  "the leader's death in the middle loses no words of those who live, and nobody runs it twice",
  (t) => {
    obedient(t, 2);
    const session = openSession(t, "y");
    const prefix = startJob(t, session, "still here", "y");
    // Acknowledgements are on their way by now; what the commands say comes within a second.
    t.run(200);
    t.kill("a");
    t.until(() => t.leader("b", "c"), { withinMs: 30_000 });
    const living = ALL.filter((name) => name !== "a");
    t.run(10_000);
    const keys = written(t, prefix, "y");
    for (const name of living) {
      // An acknowledgement that was lost with the leader is not repeated: then nothing was begun.
      if (!keys.has(`${name}/ack`))
        expect(
          [...keys.keys()].filter((key) => key.startsWith(`${name}/`)),
          name,
        ).toEqual([]);
      for (const [key, text] of keys) if (key.startsWith(`${name}/out`)) expect(text).toBe("still here\n");
    }
    // Who asks again gets all of them.
    const again = startJob(t, openSession(t, "y"), "again", "y");
    waitUntil(t, "the living have ended", () =>
      living.every((name) => ended(written(t, again, "y"), "0").includes(name)),
    );
  },
);

scenario(
  "who is cut off, stopped or dead is not waited for, and writes nothing once the asker has gone",
  (t) => {
    obedient(t, 3);
    const session = openSession(t, "b");
    t.kill("z");
    t.stop("y");
    t.partition(["x"], ["a", "b", "c", "y", "z"]);
    const prefix = startJob(t, session, "exit 3", "b");
    waitUntil(
      t,
      "the servers have ended",
      () => ended(written(t, prefix, "b"), "3").length === SERVERS.length,
    );
    expect(ended(written(t, prefix, "b"), "3")).toEqual(SERVERS);
    // The asker goes, and takes all of it along.
    insist(t, "PUT", `/v1/session/destroy/${session}`, undefined, "b");
    insist(t, "DELETE", `/v1/kv/${prefix.slice(0, -1)}?recurse`, undefined, "b");
    t.cont("y");
    t.heal();
    t.restart("z");
    t.until(() => t.everyoneIsIn(), { withinMs: 180_000 });
    t.run(60_000);
    t.ask("GET", "/v1/kv/_rexec/?recurse", undefined, { via: "b" }).fails();
    t.settle();
  },
);

scenario("events that are fired all through a storm come to all who lived through it, each once", (t) => {
  obedient(t, 4);
  const fired: string[] = [];
  const steady = ["b", "c", "x", "y"];
  for (let round = 0; round < 12; round++) {
    if (round === 2) t.weather({ lossPpm: 200_000, duplicatePpm: 100_000, latencyUs: [1_000, 80_000] });
    if (round === 3) t.kill("a");
    if (round === 5) t.stop("z");
    if (round === 7) t.restart("a");
    if (round === 8) t.cont("z");
    if (round === 10) t.weather({});
    const name = `e${round}`;
    insist(t, "PUT", `/v1/event/fire/${name}`, name, steady[round % steady.length] ?? "b");
    fired.push(name);
    t.run(2_000);
  }
  t.settle({ withinMs: 120_000 });
  const namesAt = (via: string): string[] => {
    const { body } = t.ask("GET", "/v1/event/list", undefined, { via }).succeeds();
    const events = JSON.parse(body) as { ID: string; Name: string }[];
    // One whose answer was lost may have been fired twice; each of the two is heard once.
    expect(new Set(events.map(({ ID }) => ID)).size, via).toBe(events.length);
    return [...new Set(events.map(({ Name }) => Name))].toSorted();
  };
  const all = [...new Set(fired)].toSorted();
  // What rumours did not bring, push-pulls do.
  for (const via of [...steady, "z"])
    waitUntil(t, `${via} has heard all`, () => namesAt(via).length >= all.length, 180_000);
  t.run(30_000);
  for (const via of [...steady, "z"]) expect(namesAt(via), via).toEqual(all);
});
