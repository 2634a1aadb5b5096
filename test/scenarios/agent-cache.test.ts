// The agent's cache under trouble: what a client agent answers for who says `?cached` while it is cut off from the servers,
// how old it says that is, and that it is up to date again by itself when they are back.

import type { Answer, Scenario } from "../../src/sim/scenario.ts";
import { demand } from "../../src/sim/violation.ts";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

function cluster(t: Scenario): void {
  t.cluster({ servers: SERVERS, clients: ["k"] });
  t.elect("a");
  t.settle();
}

function register(t: Scenario, node: string, via = "a"): void {
  const body = JSON.stringify({ Node: node, Address: "10.9.9.9", Service: { Service: "web" } });
  t.ask("PUT", "/v1/catalog/register", body, { via }).succeeds();
}

function web(t: Scenario): Answer {
  return t.ask("GET", "/v1/health/service/web?cached", undefined, { via: "k", withinMs: 60_000 });
}

/** "HIT 3 x y": where an answer comes from, how many seconds old it says it is, and the nodes that it names. */
function told(answer: Answer): string {
  const rows = JSON.parse(answer.succeeds().body) as readonly { readonly Node: { readonly Node: string } }[];
  const nodes = rows.map(({ Node }) => Node.Node).sort();
  return [answer.header("X-Cache"), answer.header("Age"), ...nodes].filter((each) => each).join(" ");
}

function same(actual: string, expected: string): void {
  demand(actual === expected, "story", () => `expected ${expected}, found ${actual}`);
}

/** Longest pause of the cache between two questions that come to nothing, twice: what chance adds included. */
const LONGEST_PAUSE_MS = 120_000;

scenario("what is cached follows the servers by itself, whoever leads them", (t) => {
  cluster(t);
  web(t);
  register(t, "x");
  t.run(500);
  same(told(web(t)), "HIT 0 x");
  t.kill("a");
  t.until(() => t.leader("b", "c"));
  register(t, "y", t.leader("b", "c"));
  t.run(30_000);
  same(told(web(t)), "HIT 0 x y");
});

scenario(
  "an agent that is cut off says what it knows, and how old that is; then it catches up by itself",
  (t) => {
    cluster(t);
    web(t);
    register(t, "x");
    t.run(500);
    t.partition(["k"], SERVERS);
    const cutOffAtMs = t.world.nowUs / 1000;
    register(t, "y");
    let age = 0;
    for (let round = 0; round < 12; round++) {
      t.run(7_000);
      const answer = web(t);
      const older = Number(answer.header("Age"));
      same(told(answer), `HIT ${older} x`);
      t.expect(older >= age, `what was ${age} seconds old is ${older} seconds old later`);
      t.expect(older * 1000 <= t.world.nowUs / 1000 - cutOffAtMs + 500, "it is no older than the silence");
      age = older;
    }
    // Gossip needs seconds to find out who is out of reach; then each second counts.
    t.expect(age >= 60, `after 84 seconds of silence it is said to be ${age} seconds old`);
    t.heal();
    t.run(LONGEST_PAUSE_MS);
    same(told(web(t)), "HIT 0 x y");
  },
);

scenario(
  "who takes an old answer for none gets it while the servers are out of reach, and nobody else",
  (t) => {
    cluster(t);
    const datacenters = (control: string): Answer =>
      t.ask("GET", "/v1/catalog/datacenters?cached", undefined, {
        via: "k",
        withinMs: 60_000,
        headers: { "cache-control": control },
      });
    const from = (answer: Answer): string => answer.succeeds().header("X-Cache") ?? "";
    same(from(datacenters("")), "MISS");
    same(from(datacenters("")), "HIT");
    t.partition(["k"], SERVERS);
    t.run(10_000);
    const old = datacenters("max-age=1, stale-if-error=600");
    same(from(old), "HIT");
    t.expect(Number(old.header("Age")) >= 10, "an old answer says how old it is");
    datacenters("max-age=1").fails();
    datacenters("must-revalidate").fails();
    datacenters("max-age=1, stale-if-error=5").fails();
    same(from(datacenters("max-age=600")), "HIT");
    t.heal();
    t.settle();
    same(from(datacenters("max-age=1, stale-if-error=600")), "MISS");
  },
);
