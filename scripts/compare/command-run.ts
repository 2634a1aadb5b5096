// One command line run by one program: what it printed on which stream, and its exit code.

import { spawn } from "node:child_process";
import { programPath } from "../../test/support/program.ts";
import type { Placeholders } from "./command-agent.ts";
import type { Case } from "./command-lines.ts";

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export type ProgramName = "consul" | "ours";

/** Program and first arguments of each. */
export function programs(): Readonly<Record<ProgramName, readonly [string, ...string[]]>> {
  return { consul: ["consul"], ours: [process.execPath, programPath()] };
}

/** @param cwd Where it runs. It is given up after twenty seconds. */
export function run(program: ProgramName, each: Case, values: Placeholders, cwd: string): Promise<Outcome> {
  const fill = (text: string): string =>
    text.replace(
      /\{(http|lan|wan|index|session|snap|short|turned|id)\}/g,
      (whole, name: keyof Placeholders) => values[name] ?? whole,
    );
  const [command, ...before] = programs()[program];
  const env = { ...process.env, CONSUL_HTTP_ADDR: values.http, ...each.env };
  return new Promise((resolve) => {
    const child = spawn(command, [...before, ...each.args.map(fill)], { cwd, env, timeout: 20_000 });
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("latin1").on("data", (chunk: string) => {
        texts[stream] += chunk;
      });
    child.on("close", (code) => resolve({ ...texts, code }));
    child.stdin.on("error", () => {}).end(each.stdin ?? "");
  });
}
