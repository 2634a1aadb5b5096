// `quorate sim gossip` as its users type it.

import { expect, test } from "vitest";
import { run } from "./support.ts";

const gossip = (line: string): ReturnType<typeof run> => run(["sim", "gossip", ...line.split(" ")]);

test("tells what happened, prints a verdict, and how to repeat it", async () => {
  const { code, stdout } = await gossip("--seeds 7 --members 5 --seconds 20 --faults crash");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {4}0\.000 {2}m0 +starts$/m);
  expect(stdout).toMatch(/ m\d +join m\d$/m);
  expect(stdout).toMatch(/ m\d +killed$/m);
  expect(stdout).toMatch(/^trouble {3}crash \d+x$/m);
  expect(stdout).toMatch(/^calm {6}all of one mind after [\d.]+ s$/m);
  expect(stdout).toMatch(/^verdict {3}ok: every rule is kept$/m);
  const line = "--seeds 7 --members 5 --seconds 20 --faults crash";
  expect(stdout).toContain(`repeat    quorate sim gossip ${line}\n`);
  const digest = /digest ([0-9a-f]{16})/.exec(stdout)?.[1];
  expect((await gossip(`${line} --quiet`)).stdout).toContain(`digest ${digest}`);
});

test("runs many seeds and says only what failed", async () => {
  const { code, stdout } = await gossip("--seeds 1..3 --members 5 --seconds 10");
  expect(code).toBe(0);
  expect(stdout).toBe("3 seeds, 0 failed\n");
});

test("ends with 1 and the rule that was broken when a planted bug shows", async () => {
  const { code, stdout } = await gossip("--seeds 1 --quiet --planted gossip-suspicion-survives-refutation");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^verdict {3}VIOLATED [a-z-]+: .+/m);
  expect(stdout).toMatch(/^repeat {4}.* --seeds 1 --planted gossip-suspicion-survives-refutation$/m);
});

test("makes a failing run short, and says how to repeat that", async () => {
  const { stdout } = await gossip(
    "--seeds 1 --seconds 30 --quiet --shrink --planted gossip-serf-misses-return",
  );
  expect(stdout).toMatch(/^short {5}\d+ members, \d+ s, \d+ strikes; \d+ runs were tried$/m);
  const line = /^ {10}quorate sim gossip (.* --strikes [\d,]+ --planted .*)$/m.exec(stdout)?.[1] ?? "";
  const again = await gossip(`${line} --quiet`);
  expect(again.code).toBe(1);
  expect(again.stdout).toMatch(/^verdict {3}VIOLATED gossip-serf-disagrees: /m);
});

test.each([
  ["strikes that are none", "--strikes 1,x", /-strikes takes numbers like 0,3, or none, not "1,x"/],
  ["trouble that there is not", "--faults flood", /no trouble "flood" for gossip\. There are crash, /],
  ["no seeds", "--seeds 9..3", /-seeds takes 1\.\.100, 42 or 3,7, not "9\.\.3"/],
  ["too many members", "--members 10001", /-members takes 1 to 10,000, not 10001/],
  ["a pool that there is not", "--pool man", /-pool takes lan or wan, not "man"/],
  ["no time", "--seconds 0", /-seconds takes 1 to 86,400, not 0/],
  ["an unknown planted bug", "--planted nosuch", /There is no planted bug "nosuch"/],
  ["more words", "more", /Unexpected: more/],
])("refuses %s", async (_what, line, message) => {
  const { code, stderr } = await gossip(line);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
