// Holders of both programs at one lock, and at one semaphore: never more of them are in than may be, and each gets in.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endsWithUs } from "../../test/support/children.ts";

/** Of each program. */
const HOLDERS = 3;
/** Each holds it for so long, that who comes in meanwhile is seen. */
const HELD_SECONDS = 0.3;

/**
 * @param programs Program and first arguments of each.
 * @param http Of the agent that all of them ask.
 * @returns What is wrong, one line each.
 */
export async function holdersBesideEachOther(
  programs: readonly (readonly string[])[],
  http: string,
  cwd: string,
): Promise<string[]> {
  const found: string[] = [];
  for (const limit of [1, 2]) {
    const log = join(cwd, `holders-${limit}.log`);
    const child = `echo in >> ${log}; sleep ${HELD_SECONDS}; echo out >> ${log}`;
    const all = Array.from({ length: HOLDERS }, () => programs).flat();
    const codes = await Promise.all(
      all.map((program) =>
        run([...program, "lock", `-n=${limit}`, "-child-exit-code", `beside-${limit}`, child], http),
      ),
    );
    if (codes.some((code) => code !== 0)) found.push(`limit ${limit}: exit codes ${codes.join(" ")}`);
    const told = readFileSync(log, "utf8").trim().split("\n");
    if (told.length !== 2 * all.length)
      found.push(`limit ${limit}: ${told.length / 2} of ${all.length} were in`);
    const most = mostAtOnce(told);
    if (most > limit) found.push(`limit ${limit}: ${most} were in at once`);
  }
  return found;
}

function mostAtOnce(told: readonly string[]): number {
  let [now, most] = [0, 0];
  for (const word of told) {
    now += word === "in" ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

function run([program = "", ...args]: readonly string[], http: string): Promise<number | null> {
  const env = { ...process.env, CONSUL_HTTP_ADDR: http };
  const child = endsWithUs(spawn(program, args, { env, stdio: "ignore" }));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}
