// `quorate sim` and `quorate replay` as their users type them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { STRIKE_KINDS } from "../../src/sim/fault-kinds.ts";
import { inDirectory, run } from "./support.ts";

describe("sim run", () => {
  test("tells a story, prints its trace, a verdict, and how to repeat it", async () => {
    const { code, stdout } = await run(["sim", "run", "leader-loss", "--seed", "42"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {3}0\.000 {2}a +start$/m);
    expect(stdout).toMatch(/candidate→leader +t2$/m);
    expect(stdout).toMatch(/^verdict {3}ok: every checker is satisfied$/m);
    expect(stdout).toMatch(/^ {10}digest [0-9a-f]{16}$/m);
    expect(stdout).toMatch(/^repeat {4}quorate sim run leader-loss --seed 42$/m);
  });

  test("gives the same output for the same seed, and another for another", async () => {
    const told = async (seed: string): Promise<string> =>
      (await run(["sim", "run", "partition", "-seed", seed])).stdout.replace(/simulated in.*/g, "");
    expect(await told("7")).toBe(await told("7"));
    expect(await told("7")).not.toBe(await told("8"));
  });

  test("ends with 1 and the rule that was broken when a planted bug shows", async () => {
    const line = ["sim", "run", "swarm", "-quiet", "-planted", "raft-quorum-off-by-one", "-seed", "1"];
    const { code, stdout } = await run(line);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^verdict {3}VIOLATED [a-z-]+: .+/m);
    expect(stdout).toMatch(/^repeat {4}.* --seed 1 --planted raft-quorum-off-by-one$/m);
    expect(stdout).toMatch(/^shorten {3}quorate sim shrink --seed 1 --planted raft-quorum-off-by-one$/m);
  });

  test("ends with what happened: who led when, what trouble there was, what clients were told, what was checked", async () => {
    const line = "-quiet --servers 3 --clients 2 --duration 30s --faults partition,crash --seed 42".split(
      " ",
    );
    const { code, stdout } = await run(["sim", "run", "swarm", ...line]);
    expect(stdout).toMatch(
      /^run {7}swarm of 3 servers and 2 clients for 30 s, faults crash, partition, seed 42$/m,
    );
    expect(stdout).toMatch(/^leaders {3}[abc] \(t\d+\) /m);
    expect(stdout).toMatch(/^trouble {3}(killed|partition) +\d+ × [\d.]+ s /m);
    expect(stdout).toMatch(/what took effect, and how often:\n +crash \d+, partition \d+, /);
    expect(stdout).toMatch(/^clients {3}delete +\d+: \d+ ok/m);
    expect(stdout).toMatch(/^checked {3}after each of [\d,]+ steps, with [\d,]+ entries committed:$/m);
    expect(stdout).toMatch(
      /^repeat {4}quorate sim run swarm --seed 42 --seconds 30 --servers 3 --clients 2 --faults crash,partition$/m,
    );
    expect(code).toBe(0);
    // Faults are a set, and -seconds is -duration: whatever way it is said, it is the same run.
    const repeated = /^repeat {4}quorate (.*)$/m.exec(stdout)?.[1]?.split(" ") ?? [];
    const again = await run([...repeated, "-quiet"]);
    const withoutPace = (text: string): string => text.replace(/simulated in.*/g, "");
    expect(withoutPace(again.stdout)).toBe(withoutPace(stdout));
  });

  test("says the same as JSON, and nothing else", async () => {
    const { code, stdout } = await run(
      "sim run swarm --json --servers 3 --duration 22s --faults crash".split(" "),
    );
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual([
      ...["format", "version", "build", "name", "seed", "options", "ok", "violation", "message", "digest"],
      ...[
        "simulatedMs",
        "wallMs",
        "events",
        "leaders",
        "trouble",
        "strikes",
        "effects",
        "operations",
        "checked",
      ],
    ]);
    expect(told).toMatchObject({
      format: "quorate-run",
      seed: "1",
      options: { seconds: 22, servers: 3, clients: 0, faults: ["crash"], planted: null },
      ok: true,
      checked: { judged: { unknown: expect.any(Number) }, recovery: { leaderMs: expect.any(Number) } },
    });
    expect(code).toBe(0);
    const story = await run(["sim", "run", "-json", "partition", "-seed", "7"]);
    expect(JSON.parse(story.stdout)).toMatchObject({ name: "partition", seed: "7", effects: null, ok: true });
  });

  test("a flag before the name counts as well as one behind it", async () => {
    const { stdout } = await run(["sim", "run", "-seed", "9", "partition", "-quiet"]);
    expect(stdout).toMatch(/^repeat {4}quorate sim run partition --seed 9$/m);
  });

  test("shows where a user's story is mistaken", () =>
    inDirectory(async (cwd) => {
      writeFileSync(join(cwd, "mine.mjs"), "export default (t) => { t.nosuch(); };");
      const { code, stdout } = await run(["sim", "run", "./mine.mjs", "-quiet"], { cwd });
      expect(stdout).toMatch(
        /VIOLATED exception: TypeError: t\.nosuch is not a function\n +at .*mine\.mjs:1/,
      );
      expect(code).toBe(1);
    }));

  test("tells a user's own story", () =>
    inDirectory(async (cwd) => {
      writeFileSync(
        join(cwd, "mine.mjs"),
        `export default (t) => {
          t.cluster({ servers: ["x", "y", "z"] });
          t.elect("y");
          t.put("motd", "hi", { via: "z" }).succeeds();
          t.get("motd", { via: "x", mode: "consistent" }).says("hi");
        };`,
      );
      const { code, stdout } = await run(["sim", "run", "./mine.mjs", "--seed", "3"], { cwd });
      expect(stdout).toMatch(/^verdict {3}ok/m);
      expect(stdout).toMatch(/ y +candidate→leader/);
      expect(code).toBe(0);
    }));

  test("says which promise a user's story found broken", () =>
    inDirectory(async (cwd) => {
      writeFileSync(
        join(cwd, "mine.mjs"),
        `export default (t) => {
          t.cluster({ servers: ["x"] });
          t.get("nothing", { via: "x" }).says("something");
        };`,
      );
      const { code, stdout } = await run(["sim", "run", "./mine.mjs", "-quiet"], { cwd });
      expect(code).toBe(1);
      expect(stdout).toMatch(/VIOLATED story: GET \/v1\/kv\/nothing\?raw at x was to say something: 404/);
    }));

  test.each([
    ["no story", [], /Which story\? One name is needed/],
    ["two stories", ["partition", "flapping"], /One name is needed, not 2: partition, flapping\./],
    ["an unknown story", ["nosuch"], /There is no story "nosuch"\. There are client-agent, .* and swarm;/],
    ["a missing file", ["./nosuch.mjs"], /\.\/nosuch\.mjs could not be loaded/],
    ["an unknown planted bug", ["swarm", "-planted", "nosuch"], /There is no planted bug "nosuch"/],
    ["no time", ["swarm", "-seconds", "0"], /-seconds takes 1 to 86,400, not 0/],
    ["too many servers", ["swarm", "-servers", "27"], /-servers takes 1 to 26, not 27/],
    ["no agents", ["swarm", "-clients", "-1"], /-clients takes 0 to 995, not -1/],
    ["a time that is none", ["swarm", "-duration", "soon"], /invalid value "soon" for flag -duration/],
    ["too short a time", ["swarm", "-duration", "0s"], /-duration takes 1s to 24h, not 0s/],
    ["the time twice", ["swarm", "-duration", "9s", "-seconds", "9"], /give one of them/],
    [
      "an unknown fault",
      ["swarm", "-faults", "crash,flood"],
      /There is no kind of fault "flood"\. There are crash,/,
    ],
    ["no seed", ["partition", "-seed", ""], /-seed takes a number or a word/],
    [
      "the swarm's flags with a story",
      ["partition", "-servers", "3", "-faults", "crash"],
      /A story brings its own agents, time and faults: -servers, -faults are for `sim run swarm`\./,
    ],
    ["an unknown flag", ["partition", "-bogus"], /flag provided but not defined: -bogus/],
    [
      "a trace in no folder",
      ["partition", "-quiet", "-trace", "/nowhere/at/all"],
      /The trace could not be written: ENOENT/,
    ],
  ])("refuses %s in words", async (_name, args, words) => {
    const { code, stderr, stdout } = await run(["sim", "run", ...args]);
    expect(stderr + stdout).toMatch(words);
    expect(code).toBe(2);
  });

  test("refuses a file that exports no story", () =>
    inDirectory(async (cwd) => {
      writeFileSync(join(cwd, "mine.mjs"), "export const story = 1;");
      const { code, stderr } = await run(["sim", "run", "./mine.mjs"], { cwd });
      expect(stderr).toMatch(/\.\/mine\.mjs has no default export that is a function/);
      expect(code).toBe(2);
    }));
});

describe("replay", () => {
  test("runs a recorded run again and finds it the same", () =>
    inDirectory(async (cwd) => {
      const told = await run(["sim", "run", "stopped-leader", "-quiet", "-trace", "run.qtrace"], { cwd });
      expect(told.code).toBe(0);
      const { code, stdout } = await run(["replay", "run.qtrace"], { cwd });
      expect(stdout).toMatch(
        /^The same: [\d,]+ steps and [\d,]+ effects in [\d.]+ s, each equal to the recording\.$/m,
      );
      expect(stdout).toMatch(/^The recorded run ended well\.$/m);
      expect(code).toBe(0);
      const one = await run(["replay", "-agent", "b", "-until", "900", "-print", "run.qtrace"], { cwd });
      expect(one.stdout).toMatch(/^ +\d+\.\d{3} {2}b +/m);
      expect(one.stdout).not.toMatch(/^ +\d+\.\d{3} {2}a +/m);
    }));

  test("of a failing run fails in the same way, and says what the recorded run came to", () =>
    inDirectory(async (cwd) => {
      const line = [
        "sim",
        "run",
        "swarm",
        "-quiet",
        "-planted",
        "raft-append-clears-vote",
        "-trace",
        "run.qtrace",
      ];
      expect((await run(line, { cwd })).code).toBe(1);
      const { code, stdout } = await run(["replay", "run.qtrace"], { cwd });
      expect(stdout).toMatch(/^The recorded run ended with [a-z-]+: /m);
      expect(code).toBe(0);
    }));

  test("runs a pool of gossip again, and one member of it alone", () =>
    inDirectory(async (cwd) => {
      const pool = ["sim", "gossip", "-seeds", "7", "-members", "4", "-seconds", "20", "-quiet"];
      expect((await run([...pool, "-trace", "pool.qtrace"], { cwd })).code).toBe(0);
      const { code, stdout } = await run(["replay", "pool.qtrace"], { cwd });
      expect(stdout).toMatch(/^The same: [\d,]+ steps and [\d,]+ effects in /m);
      expect(stdout).toMatch(/^The recorded run ended well\.$/m);
      expect(code).toBe(0);
      const one = await run(["replay", "-agent", "m2", "-print", "pool.qtrace"], { cwd });
      expect(one.stdout).toMatch(/^ +\d+\.\d{3} {2}m2 +/m);
      expect(one.stdout).not.toMatch(/^ +\d+\.\d{3} {2}m1 +/m);
      for (const strange of [["-founded"], ["-seeds", "7..8"]]) {
        const { code: refused, stderr } = await run([...pool, ...strange, "-trace", "no.qtrace"], { cwd });
        expect([refused, stderr.includes("-trace is of ")]).toEqual([2, true]);
      }
    }));

  test("of a recording that was edited stops at the first difference, with both sides", () =>
    inDirectory(async (cwd) => {
      await run(["sim", "run", "stopped-leader", "-quiet", "-trace", "run.qtrace"], { cwd });
      const bytes = readFileSync(join(cwd, "run.qtrace"));
      const at = bytes.lastIndexOf("/v1/kv/");
      bytes.write("/v1/kV/", at);
      writeFileSync(join(cwd, "run.qtrace"), bytes);
      const { code, stdout } = await run(["replay", "run.qtrace"], { cwd });
      expect(stdout).toMatch(/^DIFFERENT at record [\d,]+: [a-c] at [\d.]+ ms, /m);
      expect(stdout).toMatch(/^ {2}recorded {2}.+\n {2}replayed {2}.+\ngiven /m);
      expect(stdout).toMatch(/^before it, oldest first:$/m);
      expect(code).toBe(1);
    }));

  test.each([
    ["no file", [], /Which trace\? One file is needed/],
    ["a missing file", ["nosuch"], /The trace could not be read: ENOENT/],
    ["a time that is none", ["-until", "soon", "x"], /-until takes a number of milliseconds, not "soon"/],
  ])("refuses %s in words", async (_name, args, words) => {
    const { code, stderr } = await run(["replay", ...args]);
    expect(stderr).toMatch(words);
    expect(code).toBe(2);
  });

  test("refuses a file that is no trace", () =>
    inDirectory(async (cwd) => {
      writeFileSync(join(cwd, "letter"), "Dear operator");
      const { code, stderr } = await run(["replay", "letter"], { cwd });
      expect(stderr).toMatch(/The trace can't be read: this is no trace of quorate/);
      expect(code).toBe(2);
    }));
});

test("sim list names the stories, the faults and the planted bugs", async () => {
  const { code, stdout } = await run(["sim", "list"]);
  for (const kind of STRIKE_KINDS) expect(stdout).toMatch(new RegExp(`[ ,]${kind}(,|$| \\()`, "m"));
  expect(stdout).toMatch(/^Stories:\n.*^ {2}partition .*^Planted bugs:\n.*^ {2}raft-vote-before-stored /ms);
  expect(code).toBe(0);
});

describe("sim explore", () => {
  test("exhausts a small scope and says how much there was", async () => {
    const { code, stdout } = await run(["sim", "explore", "--entries", "0"]);
    expect(stdout).toMatch(/^scope {5}3 servers, 1 term, 0 entries, any duplicates$/m);
    expect(stdout).toMatch(/^ {10}[\d,]+ states, [\d,]+ ways between them, depth \d+/m);
    expect(stdout).toMatch(/^verdict {3}ok: nothing else can happen in this scope/m);
    expect(code).toBe(0);
  });

  test("ends with 1 and the shortest way to a planted bug", async () => {
    const { code, stdout } = await run(["sim", "explore", "-planted", "raft-vote-ignores-log"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^verdict {3}VIOLATED vote-for-stale-log: .+/m);
    expect(stdout).toMatch(/^ {4}1 {2}a +time out +follower t1 → pre-candidate t1$/m);
    expect(stdout).toMatch(/a → c +RequestVote/);
  });

  test("says when it could not look at everything, and minds unless that was asked for", async () => {
    const asked = await run(["sim", "explore", "-states", "50"]);
    expect(asked.stdout).toMatch(/^verdict {3}NOT EXHAUSTED/m);
    expect(asked.code).toBe(0);
  });

  test.each([
    ["an unknown scope", ["-scope", "vast"], /There is no scope "vast": there are tiny, small, nightly\./],
    ["too many servers", ["-servers", "9"], /-servers takes 1 to 5, not 9/],
    ["nonsense for duplicates", ["-duplicates", "some"], /-duplicates takes 0 to 15 or "any", not "some"/],
    ["an unknown planted bug", ["-planted", "nosuch"], /There is no planted bug "nosuch"/],
    ["a word too many", ["everything"], /Unexpected: everything/],
  ])("refuses %s in words", async (_name, args, words) => {
    const { code, stderr } = await run(["sim", "explore", ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });
});

describe("sim guided", () => {
  test("finds nothing in the sound core, and says how far it looked", async () => {
    const { code, stdout } = await run(["sim", "guided", "--runs", "40"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/40 runs, [\d,]+ events, [\d,]+ looks, [\d,]+ runs kept/);
    expect(stdout).toContain("verdict   ok");
  });

  test("finds a planted bug, and tells the way there", async () => {
    const { code, stdout } = await run(["sim", "guided", "-planted", "raft-quorum-off-by-one", "-uniform"]);
    expect(code).toBe(1);
    expect(stdout).toContain("drawn afresh");
    expect(stdout).toContain("VIOLATED commit-without-quorum");
    expect(stdout).toContain("RequestVote");
  });

  test.each([
    ["no such bug", ["-planted", "nothing"], "There is no planted bug"],
    ["too many servers", ["-servers", "9"], "-servers takes 1 to 8"],
    ["no runs", ["-runs", "0"], "-runs takes 1 to"],
    ["a word too many", ["swarm"], "Unexpected: swarm"],
  ])("%s is said", async (_name, args, complaint) => {
    const { code, stderr } = await run(["sim", "guided", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
  });
});
