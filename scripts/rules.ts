// The rules that a run can break (src/sim/rules.ts) as the table in docs/testing.md.
//
//   npm run rules               prints it
//   npm run rules -- --write    writes it into docs/testing.md

import { join } from "node:path";
import { RULES } from "../src/sim/rules.ts";
import { replaceInPage } from "./report/page.ts";

const rows = Object.entries(RULES).map(([id, { says, file }]) => `| \`${id}\` | ${says} | \`${file}\` |`);
const table = ["| id | what must hold | under `src/sim` |", "| --- | --- | --- |", ...rows].join("\n");

if (process.argv.includes("--write"))
  replaceInPage(join(import.meta.dirname, "../docs/testing.md"), "rules", table);
else process.stdout.write(`${table}\n`);
