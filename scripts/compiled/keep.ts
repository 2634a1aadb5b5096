// What V8 compiles of the program until an agent has taken its first write, kept beside the program's files, so that later
// starts need not compile it. V8 compiles a function when it is first called: only a process that has done the work has it
// all, so this runs one. V8 checks its version, its flags and the length of the text before it uses what was kept
// (src/adapters/cli/launch.ts).

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const IP = "127.0.0.1";
const PORTS = ["http", "dns", "server", "serf-lan", "serf-wan"];
/** A port that was free may be taken by somebody else before the agent has it. */
const ATTEMPTS = 3;
const PATIENCE_MS = 60_000;
const PAUSE_MS = 10;

/**
 * Without what is kept the program is as good, but slower to start: so a failure is only told.
 * @param program What runs an agent, of files that stand beside it and get theirs.
 */
export async function keepCompiled(program: string): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) if (await runAgent(program)) return;
  console.warn("dist: no agent could be run here: nothing compiled is kept, agents will start slower");
}

/** @returns whether it took its write and kept what was compiled. */
async function runAgent(program: string): Promise<boolean> {
  const ports = await freePorts(PORTS.length);
  const agent = spawn(
    process.execPath,
    [
      ...["--require", join(import.meta.dirname, "keep-compiled.cjs"), program],
      ...["agent", "-dev", "-bind", IP, "-client", IP, "-node", "build", "-grpc-port", "-1"],
      ...["-hcl", "disable_update_check = true"],
      ...PORTS.flatMap((name, at) => [`-${name}-port`, `${ports[at]}`]),
    ],
    { stdio: ["ignore", "ignore", "ignore", "ipc"], env: { ...process.env, NODE_OPTIONS: "" } },
  );
  const ended = once(agent, "exit");
  try {
    if (!(await takesWrite(agent, `http://${IP}:${ports[0]}/v1/kv/first`))) return false;
    agent.send("keep");
    return (await ended)[0] === 0;
  } finally {
    agent.kill("SIGKILL");
  }
}

async function takesWrite(agent: ChildProcess, url: string): Promise<boolean> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; Date.now() < giveUpAt && agent.exitCode === null; ) {
    const answer = await fetch(url, { method: "PUT", body: "written" }).catch(() => undefined);
    if ((await answer?.text())?.trim() === "true") return true;
    await pause(PAUSE_MS);
  }
  return false;
}

async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, IP));
  await Promise.all(listeners.map((listener) => once(listener, "listening")));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  return ports;
}
