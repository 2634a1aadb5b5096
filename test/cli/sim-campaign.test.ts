// `quorate sim campaign` and `quorate sim merge` as their users type them.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createProgress, progressLine } from "../../src/adapters/cli/sim/campaign-progress.ts";
import { roughly } from "../../src/adapters/cli/sim/words.ts";
import { programPath } from "../support/program.ts";
import { inDirectory, type Ran, run } from "./support.ts";

/** A campaign of short runs. */
function campaign(line: string, cwd?: string): Promise<Ran> {
  const argv = ["sim", "campaign", "-seconds", "22", "-servers", "3", ...line.split(" ")];
  return run(argv, cwd === undefined ? {} : { cwd });
}

/** Without what differs from one machine and hour to the next. */
function comparable(json: string): unknown {
  const document = JSON.parse(json) as { totals: Record<string, number> };
  return { ...document, totals: { ...document.totals, cpuMs: 0 } };
}

describe("sim campaign", () => {
  test("runs its seeds and says what was tried", async () => {
    const { code, stdout } = await campaign("--seeds 1,2");
    expect(stdout).toMatch(/^2 of 2 seeds in [\d.]+ s: no violation$/m);
    expect(stdout).toMatch(/operations judged$/m);
    expect(stdout).toMatch(/^ {2}crash +\d+ times in \d seeds$/m);
    expect(code).toBe(0);
  });

  test("runs each twice when it is told to, by way of bytes and dumps", async () => {
    expect((await campaign("--seeds 4 -twice")).code).toBe(0);
  });

  test("stops at the first seed that fails and says how to repeat it", async () => {
    const { code, stdout } = await campaign("--seeds 1..50 -planted raft-quorum-off-by-one");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^seed \d+: VIOLATED [a-z-]+: .+/m);
    expect(stdout).toMatch(
      /^repeat {4}quorate sim run swarm --seed \d+ --seconds 22 --servers 3 --planted raft-quorum-off-by-one$/m,
    );
    expect(stdout).toMatch(/^\d of 50 seeds in [\d.]+ s: 1 failed$/m);
  });

  test("is of pools of gossip when it is told so, each twice, and says how to repeat one", async () => {
    const gossip = (line: string): Promise<Ran> => run(["sim", "campaign", "gossip", ...line.split(" ")]);
    const { code, stdout } = await gossip(
      "--seeds 1..3 -seconds 20 -members 5 -pool wan -twice -faults datacenters,crash -demand-coverage",
    );
    expect(stdout).toMatch(/^3 of 3 seeds in [\d.]+ s: no violation$/m);
    expect(stdout).toMatch(/^ {2}datacenters +\d+ times in \d seeds$/m);
    expect(stdout).toMatch(/^a WAN of one mind after all trouble: .* bound 480\.0 s$/m);
    expect(code).toBe(0);
    const failing = await gossip("--seeds 1..9 -planted gossip-suspicion-survives-refutation");
    expect(failing.code).toBe(1);
    expect(failing.stdout).toMatch(
      /^repeat {4}quorate sim gossip --seeds \d --planted gossip-suspicion-survives-refutation$/m,
    );
  });

  test.each([
    ["-members 9", /-members is for a campaign of gossip/],
    ["gossip -servers 3", /-servers is for a campaign of swarm/],
    ["pools", /A campaign is of swarm or of gossip, not of "pools"/],
    ["gossip -faults bit-rot", /no trouble "bit-rot" for gossip/],
  ])("refuses %s", async (line, message) => {
    const { code, stderr } = await run(["sim", "campaign", "-seeds", "1", ...line.split(" ")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("puts seeds that fail alike together", async () => {
    const { code, stdout } = await campaign("--seeds 1..6 -keep-going -planted raft-quorum-unsorted");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^6 of 6 seeds in [\d.]+ s: \d failed$/m);
    expect(stdout.match(/VIOLATED commit-without-quorum/g)).toHaveLength(1);
    expect(stdout).toMatch(
      /^ {2}commit-without-quorum, seeds [\d.,]+\n {4}in seed \d: \w commits .*\n {4}quorate sim run swarm --seed/m,
    );
  });

  test("with faults that were named has those alone", async () => {
    const { code, stdout, stderr } = await campaign("--seeds 1 --faults none -demand-coverage");
    expect(stdout).not.toMatch(/partition/);
    expect([code, stderr]).toEqual([0, ""]);
    const demanding = await campaign(
      "--seeds 1 --faults small-mtu -demand-coverage -planted raft-quorum-off-by-one",
    );
    expect(demanding.stderr).toMatch(/Never took effect: small-mtu\./);
    expect(demanding.code).toBe(1);
  });

  test.each([
    ["-seeds 9..1", /-seeds takes a range like 1\.\.1000 .* not "9\.\.1"/],
    ["-seeds x..y", /-seeds takes a range/],
    ["-workers 0", /-workers takes 1 to 256, not 0/],
    ["-planted nosuch", /There is no planted bug "nosuch"/],
    ["-faults flood", /There is no kind of fault "flood"/],
    ["-shard 5/4", /-shard takes i\/n, from 1\/n to n\/n .* not "5\/4"/],
    ["-shard 0/4", /-shard takes i\/n/],
    ["-seeds 1..3 -shard 1/9", /There are fewer seeds than shards: 3\./],
    ["-seed 4", /flag provided but not defined: -seed/],
    ["42", /A campaign is of swarm or of gossip, not of "42"/],
    ["-seeds 1 -out /nowhere/at/all", /\/nowhere\/at\/all could not be written: ENOENT/],
  ])("refuses %s in words", async (line, words) => {
    const { code, stderr } = await campaign(line);
    expect(stderr).toMatch(words);
    expect(code).toBe(2);
  });
});

describe("a campaign of several machines", () => {
  test("adds up to what one machine would have found", () =>
    inDirectory(async (cwd) => {
      const whole = await campaign("--seeds 1..3 -json", cwd);
      expect(whole.code).toBe(0);
      const first = await campaign("--seeds 1..3 --shard 1/2 --out 1.json", cwd);
      expect(first.stdout).toMatch(/^1 of 1 seeds/m);
      const alone = await run(["sim", "merge", "1.json"], { cwd });
      expect(alone.stderr).toMatch(/^Not complete: seeds 2\.\.3 were not run\.$/m);
      expect(alone.code).toBe(1);
      await campaign("--seeds 1..3 --shard 2/2 --out 2.json", cwd);
      const sum = await run(["sim", "merge", "2.json", "1.json", "-json", "-out", "sum.json"], { cwd });
      expect(comparable(sum.stdout)).toEqual(comparable(whole.stdout));
      expect(sum.code).toBe(0);
      expect(readFileSync(join(cwd, "sum.json"), "utf8")).toBe(sum.stdout);
      const told = await run(["sim", "merge", "sum.json"], { cwd });
      expect(told.stdout).toMatch(/^3 of 3 seeds: no violation$/m);
      const twice = await run(["sim", "merge", "sum.json", "2.json"], { cwd });
      expect(twice.stderr).toBe("sum.json and 2.json both have seeds 2..3.\n");
      expect(twice.code).toBe(2);
    }));

  test("refuses what is not of one campaign, and what is no file of results", () =>
    inDirectory(async (cwd) => {
      await campaign("--seeds 1 --out 1.json", cwd);
      const text = readFileSync(join(cwd, "1.json"), "utf8");
      const other = { ...(JSON.parse(text) as object), build: "0.0.9+x", seeds: "2", asked: "2", done: "2" };
      writeFileSync(join(cwd, "2.json"), JSON.stringify(other));
      writeFileSync(join(cwd, "3.json"), text.replace('"servers": 3', '"servers": 4'));
      writeFileSync(join(cwd, "4.json"), text.slice(0, 200));
      const refused = async (...files: string[]): Promise<string> => {
        const { code, stderr } = await run(["sim", "merge", ...files], { cwd });
        expect(code).toBe(2);
        return stderr;
      };
      expect(await refused("1.json", "2.json")).toMatch(/they are of two builds, .* and 0\.0\.9\+x\./);
      expect(await refused("1.json", "3.json")).toMatch(/one ran with 3 servers, the other with 4 servers\./);
      expect(await refused("4.json")).toMatch(/^4\.json can't be read: it is no JSON/);
      expect(await refused("nosuch.json")).toMatch(/^nosuch\.json can't be read: ENOENT/);
      expect(await refused(".")).toMatch(/^\. can't be read: EISDIR/);
      expect(await refused()).toMatch(/^Which results\? One file at least is needed\./);
    }));

  test("writes what was covered into a page, and into no page that has no place for it", () =>
    inDirectory(async (cwd) => {
      await campaign("--seeds 1 --out 1.json", cwd);
      const page = join(cwd, "page.md");
      writeFileSync(page, "before\n<!-- written:coverage -->\nold\n<!-- /written:coverage -->\nafter\n");
      const line = ["sim", "merge", "1.json", "-coverage"];
      expect((await run([...line, "page.md"], { cwd })).code).toBe(0);
      expect(readFileSync(page, "utf8")).toMatch(
        /^before\n<!-- written:coverage -->\n1 runs?\.[\s\S]*\| crash \|[\s\S]*\n<!-- \/written:coverage -->\nafter\n$/,
      );
      writeFileSync(page, "a letter");
      const refused = await run([...line, "page.md"], { cwd });
      expect(refused.stderr).toMatch(/page\.md has no marks/);
      expect([refused.code, readFileSync(page, "utf8")]).toEqual([2, "a letter"]);
      // Before it runs anything.
      const early = await campaign("--seeds 1 -coverage page.md", cwd);
      expect([early.code, early.stdout]).toEqual([2, ""]);
    }));
});

describe("an interrupted campaign", () => {
  test("goes on where it was, when it is told the same, and not when it is told otherwise", () =>
    inDirectory(async (cwd) => {
      const line = "--seeds 1..4 --out results.json -planted raft-quorum-off-by-one";
      const first = await campaign(line, cwd);
      expect(first.stdout).toMatch(/^1 of 4 seeds .*: 1 failed$/m);
      const rest = await campaign(`${line} -keep-going`, cwd);
      expect(rest.stderr).toMatch(/^1 of 4 seeds are done already\.$/m);
      expect(rest.stdout).toMatch(/^4 of 4 seeds .*: \d failed$/m);
      expect(rest.code).toBe(1);
      const done = await campaign(`${line} -json`, cwd);
      const whole = await campaign(`${line.replace("--out results.json", "-keep-going")} -json`, cwd);
      expect(comparable(done.stdout)).toEqual(comparable(whole.stdout));
      const other = await campaign(`${line} -twice`, cwd);
      expect(other.stderr).toMatch(
        /^results\.json is of another campaign: one ran with each seed once, the other with each seed twice\. Name another file/,
      );
      expect(other.code).toBe(2);
      const fewer = await campaign(line.replace("1..4", "2..3"), cwd);
      expect(fewer.stderr).toMatch(/it has seeds 1,4, which are not asked for here\./);
      writeFileSync(join(cwd, "results.json"), "Dear operator");
      expect((await campaign(line, cwd)).stderr).toMatch(/^results\.json can't be read: it is no JSON/);
      expect(readFileSync(join(cwd, "results.json"), "utf8")).toBe("Dear operator");
    }));

  test("keeps what it has when somebody ends it, and says so", () =>
    inDirectory(async (cwd) => {
      const line = "sim campaign --seeds 1..9999 --seconds 21 --servers 1 --out results.json".split(" ");
      const child = spawn(process.execPath, [programPath(), ...line], { cwd });
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      const ended = new Promise((resolve) => child.on("close", resolve));
      // It is written for the first time when the work is about to begin.
      const looking = setInterval(() => {
        if (!existsSync(join(cwd, "results.json"))) return;
        clearInterval(looking);
        setTimeout(() => child.kill("SIGINT"), 1_000);
      }, 50);
      expect(await ended).toBe(130);
      expect(stderr).toMatch(/^Interrupted: [\d,]+ seeds are left\. The same command goes on from here\.$/m);
      const { done, totals } = JSON.parse(readFileSync(join(cwd, "results.json"), "utf8")) as {
        done: string;
        totals: { seeds: number };
      };
      // On a machine that is busy with other things, none may have ended yet.
      expect(done === "").toBe(totals.seeds === 0);
      expect(stderr).toContain(`${(9_999 - totals.seeds).toLocaleString("en")} seeds are left`);
    }));
});

describe("progress", () => {
  test.each([
    [0, 1_000, 0, "0/1,000 seeds, 0.0 a second, 0 failed, no seed done yet"],
    [120, 1_000, 14_400, "120/1,000 seeds, 8.3 a second, 0 failed, 1 min 46 s left"],
    [1_000, 1_000, 100_000, "1,000/1,000 seeds, 10.0 a second, 0 failed, 0 s left"],
  ])("%i of %i after %i ms", (done, all, passedMs, line) =>
    expect(progressLine(done, all, 0, passedMs)).toBe(line),
  );

  test.each([
    [0.2, "1 s"],
    [59.5, "1 min 0 s"],
    [3_599, "59 min 59 s"],
    [18_600, "5 h 10 min"],
  ])("%d s are told as %s", (seconds, text) => expect(roughly(seconds)).toBe(text));

  test("is a line written over in a terminal, and a line each half minute in a log", () => {
    const written = (terminal: boolean): string[] => {
      let nowMs = 0;
      const texts: string[] = [];
      const write = (text: string): void => void texts.push(text);
      const progress = createProgress({ write, terminal, all: 100, now: () => nowMs });
      for (let done = 1; done <= 100; done++) {
        nowMs += 1_000;
        progress.tick(done, 0);
      }
      progress.clear();
      return texts;
    };
    const log = written(false);
    expect(log.map((line) => line.slice(0, 6))).toEqual(["30/100", "60/100", "90/100"]);
    expect(log.every((line) => line.endsWith("left\n"))).toBe(true);
    const terminal = written(true);
    expect(terminal).toHaveLength(101);
    expect(terminal.every((line) => line.startsWith("\r\u001b[K"))).toBe(true);
    expect(terminal.at(-1)).toBe("\r\u001b[K");
  });
});
