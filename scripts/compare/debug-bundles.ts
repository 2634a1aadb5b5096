// What `debug` of both programs gathers of one agent in the same ten seconds: what they say, and what they leave behind, file
// by file. As a folder, since the original cannot archive a log that still grows; as an archive, what does not change.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { endsWithUs } from "../../test/support/children.ts";
import { type ProgramName, programs } from "./command-run.ts";
import { differences } from "./differences.ts";

const TIMES = ["-duration=10s", "-interval=5s", "-output=bundle"];
const UNCHANGING = ["-capture=host", "-capture=agent", "-capture=cluster"];
/** All but profiles, which ours does not gather. */
const ALL = ["-capture=metrics", "-capture=logs", ...UNCHANGING];

/**
 * @param http Of the agent that both ask.
 * @param root Where each has a folder of its own.
 * @returns What differs, one line each.
 */
export async function bundlesOfBoth(http: string, root: string): Promise<string[]> {
  const gathered = await Promise.all(
    (["consul", "ours"] as const).map(async (name) => {
      const folder = mkdtempSync(join(root, `debug-${name}-`));
      const [ofFolder, ofArchive] = await Promise.all([
        gatherFolder(name, http, folder),
        gatherArchive(name, http, folder),
      ]);
      return [...ofFolder, ...ofArchive];
    }),
  );
  return differences(gathered[0] ?? [], gathered[1] ?? []);
}

async function gatherFolder(name: ProgramName, http: string, folder: string): Promise<string[]> {
  const cwd = mkdtempSync(join(folder, "folder-"));
  const said = await debug(name, [...TIMES, ...ALL, "-archive=false"], http, cwd);
  const bundle = join(cwd, "bundle");
  const paths = readdirSync(bundle, { recursive: true, encoding: "utf8" }).sort();
  const of = (path: string): string => path.replace(/^\d{10}/, "SECOND");
  const jsons = paths.filter((path) => path.endsWith(".json"));
  return unique([
    ...said,
    ...paths.map((path) => `${(statSync(join(bundle, path)).mode & 0o777).toString(8)} ${of(path)}`),
    ...readFileSync(join(bundle, "index.json"), "utf8").split("\n"),
    ...jsons.map(
      (path) =>
        `${of(path)} begins with ${JSON.stringify(readFileSync(join(bundle, path), "utf8").slice(0, 3))}`,
    ),
    ...jsons
      .flatMap((path) => shape(JSON.parse(readFileSync(join(bundle, path), "utf8")), of(path)))
      // Not in the original's, though its agent tells it.
      .filter((line) => !line.includes("[].Rate: "))
      .sort(),
  ]);
}

async function gatherArchive(name: ProgramName, http: string, folder: string): Promise<string[]> {
  const cwd = mkdtempSync(join(folder, "archive-"));
  const said = await debug(name, [...TIMES, ...UNCHANGING], http, cwd);
  const archive = join(cwd, "bundle.tar.gz");
  const listed = execFileSync("tar", ["--numeric-owner", "-tvzf", archive], { encoding: "utf8" });
  const entries = listed.split("\n").map((line) => line.replace(/^(\S+) .* (\S+)$/, "$1 $2"));
  return [...said, `${(statSync(archive).mode & 0o777).toString(8)} the archive`, ...entries];
}

/** @returns What it said, without moments, and its exit code. */
async function debug(
  name: ProgramName,
  flags: readonly string[],
  http: string,
  cwd: string,
): Promise<string[]> {
  const [command, ...before] = programs()[name];
  const env = { ...process.env, CONSUL_HTTP_ADDR: http };
  const child = endsWithUs(spawn(command, [...before, "debug", ...flags], { cwd, env }));
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
  const code = await new Promise((resolve) => child.once("close", resolve));
  // One more interval may have begun when the time is over.
  const lines = said.replace(/\d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC \(\d\)/g, "TIME").split("\n");
  return [`exit ${code}`, ...unique(lines)];
}

/** The paths of a value, each with its type: lists are all of what is in them. */
function shape(value: unknown, path: string): string[] {
  const isList = Array.isArray(value);
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`];
  const inner = Object.entries(value).flatMap(([name, each]) =>
    shape(each, isList ? `${path}[]` : `${path}.${name}`),
  );
  return inner.length === 0 ? [`${path}: ${JSON.stringify(value)}`] : inner;
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}
