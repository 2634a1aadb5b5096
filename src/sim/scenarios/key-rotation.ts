// The key of a cluster is changed three times while it runs: under loss, with a partition in between, and with a member
// that was away for half of it. Nobody is lost for it, and what the operator is told is true.

import { simKey } from "../keyrings.ts";
import type { Scenario } from "../scenario.ts";

export function keyRotation(t: Scenario): void {
  const servers = ["a", "b", "c"];
  const keyring = { keys: [simKey(1)], verifyIncoming: true, verifyOutgoing: true };
  t.cluster({
    servers,
    clients: ["x", "y"],
    wan: servers,
    keyring,
    weather: { lossPpm: 30_000, corruptPpm: 5_000 },
  });
  t.elect("a");
  t.until(() => t.everyoneIsIn());

  const deaths = t.deaths();
  t.changeKeys("install", simKey(2), { via: "x" });
  t.changeKeys("use", simKey(2), { via: "b" });
  t.slowDisk("y", 800);
  t.changeKeys("remove", simKey(1), { via: "y" });
  t.slowDisk("y", 0);
  t.run(10_000);
  t.expect(deaths.length === 0, `nobody is declared dead for it: ${deaths.join(", ")}`);

  // Half of them hear of the new key while the others are cut off: that is reported, and tried again.
  t.partition(["a", "b", "x"], ["c", "y"]);
  t.tryKeys("install", simKey(3), { via: "a" }).fails();
  t.heal();
  t.until(() => t.everyoneIsIn(), { withinMs: 120_000 });
  t.changeKeys("install", simKey(3), { via: "c" });
  t.changeKeys("use", simKey(3), { via: "c" });
  t.changeKeys("remove", simKey(2), { via: "a" });

  // Who was away hears of it when it is back, as long as the old key still opens.
  t.kill("y");
  t.until(() => t.isFailed("y", "a"), { withinMs: 60_000 });
  t.tryKeys("install", simKey(4), { via: "b" });
  t.restart("y");
  t.until(() => t.everyoneIsIn(), { withinMs: 120_000 });
  t.changeKeys("install", simKey(4), { via: "b" });
  t.changeKeys("use", simKey(4), { via: "y" });
  t.kill("b", "x");
  t.restart("b", "x");
  t.until(() => t.everyoneIsIn(), { withinMs: 120_000 });
  t.changeKeys("remove", simKey(3), { via: "x" });
  t.settle();
}
