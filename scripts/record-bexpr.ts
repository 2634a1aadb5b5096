// Records what the original makes of filters, into test/vectors/bexpr.json: the judge of test/core/lib/bexpr. Nodes, services
// and checks are registered, then each filter is put to one of five endpoints: it is told what is wrong with it, or whom it
// lets through.
//
//   tsx scripts/record-bexpr.ts [PATH-OF-CONSUL]

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededChance } from "../src/core/lib/chance.ts";
import { FILTERS, REGISTRATIONS, SYLLABLES } from "./record/bexpr-cases.ts";
import { putJson, startConsul } from "./record/consul.ts";

const RANDOM_FILTERS = 1200;
/** Made of those that are right. */
const COMPOSED_FILTERS = 500;
const OUT = join(import.meta.dirname, "../test/vectors/bexpr.json");

interface Row {
  readonly Node?: string | { readonly Node: string };
  readonly ServiceID?: string;
  readonly CheckID?: string;
  readonly Service?: { readonly ID: string };
}

/** What is asked, and what a row of the answer is called. Only of the nodes registered here. */
const ENDPOINTS: Readonly<Record<string, readonly [target: string, nameOf: (row: Row) => string]>> = {
  nodes: ["catalog/nodes?node-meta=ours:1", ({ Node }) => String(Node)],
  service: ["catalog/service/web?x", ({ Node, ServiceID }) => `${Node}/${ServiceID}`],
  node: ["catalog/node-services/n1?x", (row) => String((row as { ID?: string }).ID)],
  health: [
    "health/service/web?x",
    ({ Node, Service }) => `${(Node as { Node: string }).Node}/${Service?.ID}`,
  ],
  checks: ["health/state/any?node-meta=ours:1", ({ Node, CheckID }) => `${Node}/${CheckID}`],
};

function randomFilters(): (readonly [string, string])[] {
  const chance = seededChance("bexpr");
  const kinds = Object.keys(ENDPOINTS);
  return Array.from({ length: RANDOM_FILTERS }, () => {
    const kind = kinds[chance.choose("kind", kinds.length)] ?? "nodes";
    const words = [...(SYLLABLES[kind] ?? []), ...SYLLABLES.any];
    const length = 1 + chance.choose("length", 10);
    const parts = Array.from({ length }, () => words[chance.choose("word", words.length)] ?? "");
    return [kind, parts.join(chance.choose("glue", 3) === 0 ? "" : " ")];
  });
}

/** Filters that are right, joined into others that are. */
function composedFilters(
  right: readonly (readonly [kind: string, filter: string])[],
): (readonly [string, string])[] {
  const chance = seededChance("composed");
  const kinds = Object.keys(ENDPOINTS);
  return Array.from({ length: COMPOSED_FILTERS }, () => {
    const kind = kinds[chance.choose("kind", kinds.length)] ?? "nodes";
    const known = right.filter(([its]) => its === kind).map(([, filter]) => filter);
    let filter = "";
    for (let parts = 2 + chance.choose("parts", 3); parts > 0; parts--) {
      const part = known[chance.choose("part", known.length)] ?? "";
      const wrapped = ["", "not ", "("][chance.choose("wrap", 3)] ?? "";
      const joint = filter === "" ? "" : chance.choose("joint", 2) === 0 ? " and " : " or ";
      filter += `${joint}${wrapped}${part}${wrapped === "(" ? ")" : ""}`;
    }
    return [kind, filter];
  });
}

async function answerTo(url: string, kind: string, filter: string): Promise<string | string[]> {
  const [target, nameOf] = ENDPOINTS[kind] as (typeof ENDPOINTS)[string];
  const answer = await fetch(`${url}/v1/${target}&filter=${encodeURIComponent(filter)}`);
  const text = await answer.text();
  if (!answer.ok) return text;
  const rows = JSON.parse(text) as Row[] | { readonly Services: Row[] };
  return (Array.isArray(rows) ? rows : rows.Services).map(nameOf);
}

const directory = mkdtempSync(join(tmpdir(), "record-bexpr-"));
try {
  const url = await startConsul(process.argv[2] ?? "consul", directory);
  for (const each of REGISTRATIONS) await putJson(`${url}/v1/catalog/register`, each);
  const lines: string[] = [];
  const right: (readonly [string, string])[] = [];
  const seen = new Set<string>();
  const askAll = async (filters: readonly (readonly [string, string])[]): Promise<void> => {
    for (const [kind, filter] of filters) {
      const key = `${kind} ${filter}`;
      if (seen.has(key) || filter === "") continue;
      seen.add(key);
      const answer = await answerTo(url, kind, filter);
      if (typeof answer !== "string") right.push([kind, filter]);
      lines.push(JSON.stringify([kind, filter, answer]));
    }
  };
  await askAll(FILTERS);
  await askAll(composedFilters(right));
  await askAll(randomFilters());
  const registrations = REGISTRATIONS.map((each) => JSON.stringify(each)).join(",\n");
  writeFileSync(OUT, `{"registrations":[\n${registrations}],\n"cases":[\n${lines.join(",\n")}\n]}\n`);
  process.stdout.write(`${lines.length} filters, ${right.length} of them right\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
