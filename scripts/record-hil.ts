// Records what the original makes of templates of prepared queries, into test/vectors/hil.json: the judge of test/core/lib/hil
// and of what the groups of regular expressions take. Which templates is in that file; an original is asked anew what
// comes of each, or what is wrong with it.
//
//   tsx scripts/record-hil.ts [PATH-OF-CONSUL]

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HIL_VECTORS, type HilCase, type HilVectors } from "../test/support/hil-vectors.ts";
import { startConsul } from "./record/consul.ts";

/** What the original says of one that ends the request, or itself: null. */
async function play(url: string, { template, prefix, name, regexp }: HilCase): Promise<HilCase["result"]> {
  const query = {
    Name: prefix,
    Template: { Type: "name_prefix_match", Regexp: regexp },
    Service: { Service: "s", Tags: [template] },
  };
  const made = await fetch(`${url}/v1/query`, { method: "POST", body: JSON.stringify(query) });
  const said = await made.text();
  if (!made.ok) return { error: said };
  const { ID } = JSON.parse(said) as { ID: string };
  try {
    const explained = await fetch(`${url}/v1/query/${encodeURIComponent(name)}/explain`);
    const body = await explained.text();
    if (!explained.ok) return { error: body };
    const rendered = JSON.parse(body) as { Query: { Service: { Tags: string[] } } };
    return { text: rendered.Query.Service.Tags[0] ?? "" };
  } finally {
    await fetch(`${url}/v1/query/${ID}`, { method: "DELETE" });
  }
}

const directory = mkdtempSync(join(tmpdir(), "record-hil-"));
try {
  const start = (): Promise<string> => startConsul(process.argv[2] ?? "consul", directory);
  const { note, cases } = JSON.parse(readFileSync(HIL_VECTORS, "utf8")) as HilVectors;
  let url = await start();
  const lines: string[] = [];
  for (const each of cases) {
    const result = await play(url, each).catch(() => null);
    if (result === null) url = await start();
    lines.push(JSON.stringify({ ...each, result }));
  }
  writeFileSync(HIL_VECTORS, `{\n"note": ${JSON.stringify(note)},\n"cases": [\n${lines.join(",\n")}\n]}\n`);
  console.log(`${cases.length} templates`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
