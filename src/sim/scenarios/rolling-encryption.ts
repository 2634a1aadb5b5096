// Encryption is turned on in a cluster that runs: each agent is restarted three times, first with a key that it would
// understand, then sealing what it sends, then demanding it of the others. Nobody is lost, and strangers stay out after.

import { simKey } from "../keyrings.ts";
import type { Scenario } from "../scenario.ts";

const STAGES = [
  { verifyIncoming: false, verifyOutgoing: false },
  { verifyIncoming: false, verifyOutgoing: true },
  { verifyIncoming: true, verifyOutgoing: true },
] as const;

export function rollingEncryption(t: Scenario): void {
  const names = ["a", "b", "c", "x"];
  t.cluster({ servers: ["a", "b", "c"], clients: ["x"], weather: { lossPpm: 20_000 } });
  t.elect("a");
  t.until(() => t.everyoneIsIn());
  for (const stage of STAGES)
    for (const name of names) {
      t.kill(name);
      t.reconfigure(name, (config) => ({
        ...config,
        keepsKeyrings: true,
        gossipLan: { ...config.gossipLan, keyring: { keys: [simKey(1)], ...stage } },
      }));
      t.restart(name);
      t.until(() => t.everyoneIsIn(), { withinMs: 60_000 });
    }
  // Whom somebody started without the key hears nothing, and nobody hears him.
  t.kill("x");
  t.until(() => t.isFailed("x", "a"), { withinMs: 60_000 });
  t.reconfigure("x", (config) => ({
    ...config,
    keepsKeyrings: false,
    gossipLan: { ...config.gossipLan, keyring: undefined },
  }));
  t.restart("x");
  t.run(30_000);
  t.expect(t.isFailed("x", "a"), "a stranger stays out");
  t.kill("x");
  t.reconfigure("x", (config) => ({
    ...config,
    gossipLan: { ...config.gossipLan, keyring: { keys: [simKey(1)], ...STAGES[2] } },
  }));
  t.restart("x");
  t.until(() => t.everyoneIsIn(), { withinMs: 120_000 });
  t.settle();
}
