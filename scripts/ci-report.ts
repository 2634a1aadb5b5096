// How a run of `.ci/run` ended, from what it has left in a folder (test/support/ci-report.ts).
//
//   npx tsx scripts/ci-report.ts build/ci             the report; exits with 1 if anything failed
//   npx tsx scripts/ci-report.ts build/ci --doubted   the files with failed tests that are worth a second run, alone

import { doubtedFiles, reportOf } from "../test/support/ci-report.ts";
import { readOptions } from "./options.ts";

const { positionals, values } = readOptions({
  allowPositionals: true,
  options: { doubted: { type: "boolean", default: false } },
});
const folder = positionals[0] ?? "build/ci";

if (values.doubted) console.log(doubtedFiles(folder).join("\n"));
else {
  const { lines, failedCount } = reportOf(folder);
  console.log(lines.join("\n"));
  process.exitCode = failedCount === 0 ? 0 : 1;
}
