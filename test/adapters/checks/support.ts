// One check made, as the agent makes it.

import { type Checks, createChecks } from "../../../src/adapters/checks/desk.ts";
import type { Surroundings } from "../../../src/adapters/checks/run.ts";
import type { Input } from "../../../src/core/agent/ports.ts";
import { type CheckSpec, NO_SPEC } from "../../../src/core/model/local.ts";

export type Heard = Extract<Input, { type: "probed" | "probe-ended" }>;
export type Around = Omit<Surroundings, "pipes">;

export const NOWHERE: Around = { env: process.env, tls: () => ({}), log: () => {} };

export interface Desk {
  readonly checks: Checks;
  readonly heard: Heard[];
  begin(run: number, spec: Partial<CheckSpec>, outputBytes?: number): void;
  /** The next input, or the one that has come already and was not asked for yet. */
  next(): Promise<Heard>;
}

export function layDesk(around: Around = NOWHERE): Desk {
  const heard: Heard[] = [];
  let taken = 0;
  let waiting: (() => void) | undefined;
  const checks = createChecks((input) => {
    heard.push(input);
    waiting?.();
  }, around);
  return {
    checks,
    heard,
    begin: (run, spec, outputBytes = 4096) =>
      checks.make({ type: "probe", checkId: "c", run, spec: { ...NO_SPEC, ...spec }, outputBytes }),
    async next() {
      if (heard.length === taken)
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      return heard[taken++] as Heard;
    },
  };
}

/** @returns "passing what it said" */
export async function make(
  spec: Partial<CheckSpec>,
  around: Partial<Around> = {},
  outputBytes?: number,
): Promise<string> {
  const desk = layDesk({ ...NOWHERE, ...around });
  try {
    desk.begin(1, spec, outputBytes);
    const probed = await desk.next();
    return probed.type === "probed" ? `${probed.status} ${probed.output}` : probed.type;
  } finally {
    desk.checks.close();
  }
}
