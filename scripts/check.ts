// The inner loop, `npm run check`: types, lint and format, rooms, fast tests; all at once, under a minute, writes nothing.

import { spawn } from "node:child_process";

const steps: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["types", ["tsc", "-b"]],
  ["lint", ["biome", "check", "--error-on-warnings", "."]],
  ["rooms", ["tsx", "scripts/rooms.ts"]],
  ["tests", ["vitest", "run", "--project", "fast"]],
];

interface Outcome {
  readonly name: string;
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

function run(name: string, command: readonly string[]): Promise<Outcome> {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn("npx", ["--no-install", ...command], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    child.on("close", (code) =>
      resolve({ name, code: code ?? 1, output, seconds: (performance.now() - began) / 1000 }),
    );
  });
}

const outcomes = await Promise.all(steps.map(([name, command]) => run(name, command)));
for (const { name, code, output, seconds } of outcomes) {
  if (code !== 0) console.log(output.trimEnd());
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name.padEnd(6)} ${seconds.toFixed(1)} s`);
}
process.exitCode = outcomes.some(({ code }) => code !== 0) ? 1 : 0;
