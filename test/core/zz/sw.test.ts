import { test } from "vitest";
import { runSwarm } from "../../../src/sim/swarm.ts";
test("seeds", () => {
  const from = Number(process.env.FROM ?? 1), to = Number(process.env.TO ?? 10);
  for (let seed = from; seed <= to; seed++) {
    const t = performance.now();
    const r = runSwarm({ seed: String(seed), clients: seed % 3 , planted: process.env.BUG, ...(process.env.THROUGH ? {throughBytes: true, reloadEvery: 7} : {}) });
    console.log(seed, r.ok, r.violation, r.message.slice(0, 300), r.simulatedMs, r.digest, Math.round(performance.now() - t));
  }
}, 600_000);
