// Serf's snapshot of the pool: what is written, what a restarted agent makes of it, and what a bad disk does to it.

import { describe, expect, test } from "vitest";
import { parseSnapshot } from "../../../src/core/gossip/serf/snapshot-text.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { NODE_STATES } from "../../../src/core/wire/gossip/node-line.ts";
import { encodeStream } from "../../../src/core/wire/gossip/stream-messages.ts";
import { calmDisk, createSimDisk, failNext } from "../../../src/sim/disk.ts";
import {
  alive,
  answerTo,
  createTable,
  line,
  notices,
  opened,
  put,
  receive,
  receiveSerf,
  wait,
} from "./single.ts";
import {
  asked,
  crashInto,
  createDesk,
  type Desk,
  fileOf,
  pass,
  SNAPSHOT,
  SNAPSHOT_FILE,
  take,
} from "./snapshot-rig.ts";

const JOINED = "alive: p2 10.0.0.2:8301\nalive: p3 10.0.0.3:8301\n";

function say(desk: Desk, ...messages: Parameters<typeof receive>[1][]): void {
  take(desk, receive(desk.table, ...messages));
}

/** The push-pull that an agent at this place answers with, who knows himself alone. */
function answerOf(name: string, host: number, incarnation = 1): Uint8Array {
  const nodes = [line(name, incarnation, host, NODE_STATES.indexOf("alive"))];
  return encodeStream({ type: "push-pull", join: true, nodes, userState: new Uint8Array(0) }, false);
}

describe("the file", () => {
  test("has everybody who is there, ourselves too, and how late it is, half a second after it was so", () => {
    const desk = createDesk();
    say(desk, alive("p2", 1, 2), alive("a name", 1, 3));
    take(desk, receiveSerf(desk.table, { type: "join", lTime: 7, node: "p2" }));
    expect(fileOf(desk)).toBe("");
    pass(desk, 600);
    expect(fileOf(desk)).toBe(
      "alive: me 10.0.0.1:8301\nalive: p2 10.0.0.2:8301\nalive: a name 10.0.0.3:8301\n" +
        "clock: 7\nevent-clock: 0\nquery-clock: 0\n",
    );
  });

  test("gets a line for each who goes, however that is, and none for one who changes tags", () => {
    const desk = createDesk();
    say(desk, alive("p2", 1, 2), alive("p3", 1, 3));
    pass(desk, 600);
    const before = fileOf(desk);
    say(desk, { type: "dead", incarnation: 1, node: "p2", from: "p3" });
    say(desk, { type: "dead", incarnation: 1, node: "p3", from: "p3" });
    pass(desk, 600);
    expect(fileOf(desk)).toBe(`${before}not-alive: p2\nnot-alive: p3\n`);
    say(desk, alive("p2", 2, 2));
    pass(desk, 600);
    const withBack = fileOf(desk);
    expect(withBack).toBe(`${before}not-alive: p2\nnot-alive: p3\nalive: p2 10.0.0.2:8301\n`);
    say(desk, alive("p2", 3, 2, { meta: null }));
    pass(desk, 600);
    expect(fileOf(desk)).toBe(withBack);
  });

  test("is written at most twice a second, in one write, and not at all while nothing happens", () => {
    const desk = createDesk();
    pass(desk, 2000);
    desk.effects.length = 0;
    for (let host = 2; host < 30; host++) {
      say(desk, alive(`p${host}`, 1, host));
      pass(desk, 50);
    }
    expect(asked(desk.effects).length).toBeLessThanOrEqual(3);
    pass(desk, 1000);
    const count = asked(desk.effects).length;
    pass(desk, 60_000);
    expect(asked(desk.effects)).toHaveLength(count);
  });

  test("is written anew when it has grown to twice what it needs, and says the same", () => {
    const desk = createDesk();
    pass(desk, 600);
    const limitBytes = 128 << 10;
    let longest = 0;
    for (let incarnation = 1; longest <= limitBytes; incarnation += 1) {
      for (let host = 2; host < 250; host++)
        say(desk, alive(`a member with a long name, number ${host}`, incarnation, host));
      pass(desk, 510);
      for (let host = 2; host < 250; host++) {
        const node = `a member with a long name, number ${host}`;
        say(desk, { type: "dead", incarnation, node, from: "me" });
      }
      pass(desk, 510);
      longest = Math.max(longest, fileOf(desk).length);
    }
    say(desk, alive("p2", 1, 2));
    pass(desk, 1100);
    expect(fileOf(desk)).toMatch(/^alive: me 10\.0\.0\.1:8301\nalive: p2 10\.0\.0\.2:8301\nclock: /);
    expect(fileOf(desk).length).toBeLessThan(120);
    expect([...desk.disk.files.keys()]).toEqual([SNAPSHOT_FILE]);
  });

  test("does not get a name that would be read as two lines", () => {
    const desk = createDesk();
    say(desk, alive("p2\nleave", 1, 2));
    pass(desk, 600);
    expect(fileOf(desk)).not.toMatch(/leave/);
  });
});

describe("an agent that is started again", () => {
  test("calls upon those who were there, one after the other, until one answers", () => {
    const desk = createDesk({ text: `${JOINED}alive: me 10.0.0.1:8301\n` });
    const [first] = opened(desk.effects);
    expect(desk.effects.some(({ type }) => type === "started")).toBe(true);
    expect(opened(desk.effects)).toHaveLength(1);
    const failed = put(desk.table, { type: "stream-failed", stream: first?.stream ?? 0, error: "refused" });
    const [second] = opened(failed);
    expect(new Set([first?.to, second?.to])).toEqual(new Set(["10.0.0.2:8301", "10.0.0.3:8301"]));
    expect(second?.message).toMatchObject({ type: "push-pull", join: true });
    const host = second?.to === "10.0.0.2:8301" ? 2 : 3;
    const bytes = answerOf(`p${host}`, host);
    const answered = put(desk.table, { type: "stream-answer", stream: second?.stream ?? 0, bytes });
    expect(opened(answered)).toEqual([]);
    expect(notices(answered)).toContain(
      `serf: Re-joined to previously known node: p${host}: 10.0.0.${host}:8301`,
    );
  });

  test("asks them in a random order", () => {
    const text = Array.from({ length: 20 }, (_, at) => `alive: p${at + 2} 10.0.0.${at + 2}:8301\n`).join("");
    const firsts = Array.from(
      { length: 10 },
      (_, at) => opened(createDesk({ text, seed: `${at}` }).effects)[0]?.to,
    );
    expect(new Set(firsts).size).toBeGreaterThan(3);
  });

  test("says so when nobody answers, and goes on calling upon them now and then, for three days", () => {
    const desk = createDesk({ text: "alive: p2 10.0.0.2:8301\n" });
    const fail = (): string[] =>
      opened(desk.effects.splice(0)).flatMap(({ stream }) =>
        notices(take(desk, put(desk.table, { type: "stream-failed", stream, error: "refused" }))),
      );
    expect(fail()).toContain("serf: Failed to re-join any previously known node");
    pass(desk, 31_000);
    expect(notices(desk.effects)).toContain("serf: attempting reconnect to p2 10.0.0.2:8301");
    fail();
    desk.table.nowMs += 72 * 3_600_000;
    pass(desk, 31_000);
    expect(notices(desk.effects)).not.toContain("serf: attempting reconnect to p2 10.0.0.2:8301");
  });

  test("does not call upon one who has come by itself", () => {
    const desk = createDesk({ text: JOINED });
    const [first] = opened(desk.effects);
    say(desk, alive("p2", 1, 2), alive("p3", 1, 3));
    const failed = put(desk.table, { type: "stream-failed", stream: first?.stream ?? 0, error: "refused" });
    expect(opened(failed)).toEqual([]);
    expect(desk.table.gossip.serf.rejoin.absent.size).toBe(0);
  });

  test("is as late as it was, and takes no event of before for new", () => {
    const desk = createDesk({ text: "clock: 41\nevent-clock: 17\nquery-clock: 5\n" });
    expect(desk.table.gossip.serf.clocks).toEqual({ member: 42, event: 18, query: 6 });
    const fire = (lTime: number): number =>
      receiveSerf(desk.table, {
        type: "user-event",
        lTime,
        name: "deploy",
        payload: null,
        coalesce: false,
      }).filter(({ type }) => type === "user-event").length;
    expect([fire(17), fire(18)]).toEqual([0, 1]);
  });

  test("joins others only when it knows how late it is", () => {
    const desk = createDesk({ text: "clock: 41\n" });
    const order = desk.effects.map(({ type }) => type).filter((type) => type !== "notice");
    expect(order.indexOf("started")).toBeGreaterThan(order.lastIndexOf("disk"));
  });

  test("without a place for its file is ready at once", () => {
    const desk = createDesk({ overrides: { snapshot: undefined } });
    expect(desk.effects).toEqual([{ type: "started" }]);
  });
});

describe("a graceful leave", () => {
  const leave = (desk: Desk): void => {
    take(desk, put(desk.table, { type: "leave" }));
    pass(desk, 15_000);
  };

  test("is written down before the agent ends: it does not come back by itself", () => {
    const desk = createDesk();
    say(desk, alive("p2", 1, 2));
    pass(desk, 600);
    leave(desk);
    expect(fileOf(desk)).toMatch(/\nleave\n$/);
    const again = createDesk({ disk: desk.disk });
    expect(opened(again.effects)).toEqual([]);
    expect(again.table.gossip.serf.clocks.member).toBe(1);
  });

  test("is not over before it is written down", () => {
    const desk = createDesk();
    pass(desk, 600);
    const effects = put(desk.table, { type: "leave" });
    expect(effects.map(({ type }) => type)).toContain("disk");
    expect(effects.map(({ type }) => type)).not.toContain("left");
    expect(take(desk, effects).map(({ type }) => type)).toContain("left");
  });

  test("waits for a disk that does not answer, but not for ever", () => {
    const desk = createDesk();
    pass(desk, 600);
    const { table } = desk;
    put(table, { type: "leave" });
    expect(wait(table, 4900)).toEqual([]);
    expect(wait(table, 5200).map(({ type }) => type)).toContain("left");
  });

  test("with rejoin_after_leave is none to the file", () => {
    const desk = createDesk({ rejoinAfterLeave: true });
    say(desk, alive("p2", 1, 2));
    pass(desk, 600);
    leave(desk);
    expect(fileOf(desk)).not.toMatch(/leave/);
    const again = createDesk({ disk: desk.disk, rejoinAfterLeave: true });
    expect(opened(again.effects).map(({ to }) => to)).toEqual(["10.0.0.2:8301"]);
  });

  test("of before is passed over with rejoin_after_leave", () => {
    const again = createDesk({ text: `${JOINED}leave\n`, rejoinAfterLeave: true });
    expect(opened(again.effects)).toHaveLength(1);
  });

  test("is the last word: who goes or comes after it is not written", () => {
    const desk = createDesk();
    say(desk, alive("p2", 1, 2));
    pass(desk, 600);
    take(desk, put(desk.table, { type: "leave" }));
    say(desk, alive("p9", 1, 9));
    pass(desk, 15_000);
    expect(fileOf(desk)).not.toMatch(/p9/);
  });
});

describe("what Consul and Serf write", () => {
  test("is read: names with spaces, IPv6, comments, lines of old", () => {
    const text =
      "# by hand\nalive: s 1 127.0.0.9:8301\ncoordinate: {}\nalive: six [fd00::1]:8301\n" +
      "alive: gone 10.0.0.9:8301\nnot-alive: gone\nclock: 3\nevent-clock: 2\nquery-clock: 1\n";
    const read = parseSnapshot(text, false);
    expect(read.isSound).toBe(true);
    expect([...read.alive]).toEqual([
      ["s 1", "127.0.0.9:8301"],
      ["six", "[fd00::1]:8301"],
    ]);
    expect(read.clocks).toEqual({ member: 3, event: 2, query: 1 });
  });

  test("counts from the last leave on", () => {
    const read = parseSnapshot(`${JOINED}clock: 9\nleave\nalive: p4 10.0.0.4:8301\nclock: 2\n`, false);
    expect([...read.alive.keys()]).toEqual(["p4"]);
    expect(read.clocks.member).toBe(2);
  });
});

describe("a bad disk", () => {
  test.each([
    ["a last line without its end", `${JOINED}alive: p4 10.0.0.4:83`],
    ["lines that say nothing", `alive: nowhere\nfoo\nclock: many\nalive:  10.0.0.1:1\n${JOINED}`],
    ["a sector of zeros", `${JOINED}${"\0".repeat(512)}p5 10.0.0.5:8301\n`],
    ["times that no clock reaches", `${JOINED}clock: 99999999999999999999\n`],
    ["no address", `${JOINED}alive: p6 10.0.0.300:8301\nalive: p7 host:8301\nalive: p8 10.0.0.8:0\n`],
  ])("leaves %s: the rest is used, and the file is written anew", (_, text) => {
    const read = parseSnapshot(text, false);
    expect([...read.alive.keys()]).toEqual(["p2", "p3"]);
    expect(read.isSound).toBe(false);
    const desk = createDesk({ text });
    pass(desk, 600);
    expect(parseSnapshot(fileOf(desk), false)).toMatchObject({
      isSound: true,
      alive: new Map([...read.alive, ["me", "10.0.0.1:8301"]]),
    });
  });

  test("that cannot be read costs the memory and nothing else", () => {
    const disk = createSimDisk();
    failNext(disk, "list", { code: "EIO", detail: "list serf" });
    const desk = createDesk({ disk, text: JOINED });
    expect(notices(desk.effects)).toContain("serf: Failed to read snapshot: list serf (EIO)");
    expect(desk.effects.map(({ type }) => type)).toContain("started");
  });

  test("that does not answer keeps nobody from joining for longer than five seconds, and is heard when it does", () => {
    const disk = createSimDisk();
    const { table } = createDesk({ overrides: { snapshot: undefined } });
    const slow = createTable({ ...table.gossip.config, snapshot: SNAPSHOT });
    const [question] = put(slow, { type: "start" });
    expect(wait(slow, 4900)).toEqual([]);
    expect(wait(slow, 200).map(({ type }) => type)).toEqual(["notice", "started"]);
    if (question?.type !== "disk") throw new Error("the disk is asked first");
    disk.files.set(SNAPSHOT_FILE, utf8Bytes(JOINED));
    const late: Desk = { table: slow, disk, effects: [] };
    take(late, [question]);
    expect(late.effects.map(({ type }) => type)).not.toContain("started");
    expect(opened(late.effects)).toHaveLength(1);
  });

  test("that cannot be written is tried again half a minute later, with everything", () => {
    const desk = createDesk();
    pass(desk, 600);
    failNext(desk.disk, "write", { code: "EIO", detail: "write it" }, { sectors: 1 });
    say(desk, alive("p2", 1, 2));
    pass(desk, 600);
    expect(notices(desk.effects)).toContain("serf: Failed to update snapshot: write it (EIO)");
    say(desk, alive("p3", 1, 3));
    pass(desk, 20_000);
    expect(fileOf(desk)).not.toMatch(/p3/);
    pass(desk, 11_000);
    expect(fileOf(desk)).toMatch(/^alive: me .*\nalive: p2 .*\nalive: p3 .*\nclock/);
  });

  test("does not keep an agent from leaving", () => {
    const desk = createDesk();
    pass(desk, 600);
    failNext(desk.disk, "write", { code: "EIO", detail: "write it" });
    take(desk, put(desk.table, { type: "leave" }));
    expect(desk.effects.concat(pass(desk, 20)).map(({ type }) => type)).toContain("left");
  });

  test("that crashes in the middle of a write leaves members that were there, and times that were seen", () => {
    for (let seed = 0; seed < 200; seed++) {
      const desk = createDesk();
      pass(desk, 600);
      const names = new Set(["me"]);
      for (let host = 2; host < 40; host++) {
        names.add(`p${host}`);
        say(desk, alive(`p${host}`, 1, host));
      }
      take(desk, receiveSerf(desk.table, { type: "join", lTime: 1234, node: "p2" }));
      // The write is asked for and never answered.
      desk.table.nowMs += 500;
      const [request] = put(desk.table, { type: "wake" }).flatMap((each) =>
        each.type === "disk" ? [each] : [],
      );
      if (request === undefined) throw new Error("nothing was to be written");
      crashInto(desk, request, seededChance(`crash ${seed}`));
      const read = parseSnapshot(fileOf(desk), false);
      for (const [name, address] of read.alive) {
        expect(names).toContain(name);
        expect(address).toBe(`10.0.0.${name === "me" ? 1 : name.slice(1)}:8301`);
      }
      expect([0, 1234]).toContain(read.clocks.member);
      expect(createDesk({ disk: desk.disk }).effects.map(({ type }) => type)).toContain("started");
    }
  });

  test("answers that nobody waits for change nothing", () => {
    const desk = createDesk();
    const result = { ok: false, error: { code: "EIO", detail: "stray" } } as const;
    for (const op of [4, 12, 20, 1, 0, -1])
      expect(put(desk.table, { type: "disk-done", op, result })).toEqual([]);
  });
});

test("whatever happens in a pool, the file says who is there, and the next life reads it", () => {
  for (let seed = 0; seed < 40; seed++) {
    const chance = seededChance(`any ${seed}`);
    const pick = (n: number): number => chance.choose("pick", n);
    let desk = createDesk({ overrides: { tombstoneTimeoutMs: 40_000, gossipToTheDeadMs: 5000 } });
    for (let k = 0; k < 60; k++) {
      const host = 2 + pick(6);
      const node = `p ${host}`;
      const incarnation = 1 + pick(9);
      const from = pick(2) === 0 ? node : "p 9";
      if (pick(2) === 0) say(desk, alive(node, incarnation, host));
      else say(desk, { type: "dead", incarnation, node, from });
      if (pick(10) === 0) failNext(desk.disk, "write", { code: "EIO", detail: "once" }, { sectors: pick(2) });
      pass(desk, 100 * pick(12));
      if (pick(12) === 0) desk = createDesk({ disk: desk.disk, seed: `${k}` });
    }
    calmDisk(desk.disk);
    pass(desk, 31_000);
    const { serf, nodes } = desk.table.gossip;
    const present = [...serf.members.values()].filter(
      ({ status }) => status !== "failed" && status !== "left",
    );
    const written = parseSnapshot(fileOf(desk), false);
    expect(written.isSound).toBe(true);
    expect([...written.alive.keys()].sort()).toEqual(
      [...present.map(({ name }) => name), ...serf.rejoin.absent.keys()].sort(),
    );
    for (const { name } of present) expect(written.alive.get(name)).toBe(nodes.get(name)?.record.address);
  }
});

test("a push-pull answered while the file is read is not forgotten by it", () => {
  const desk = createDesk({ text: JOINED });
  answerTo(desk.table, {
    type: "push-pull",
    join: true,
    nodes: [line("p4", 1, 4, 0)],
    userState: new Uint8Array(0),
  });
  pass(desk, 600);
  expect(parseSnapshot(fileOf(desk), false).alive.has("p4")).toBe(true);
});
