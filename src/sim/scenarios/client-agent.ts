// A client agent, which holds no data, passes everything on; it finds another server when the one it asked is gone.

import type { Scenario } from "../scenario.ts";

export function clientAgent(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"], clients: ["web"] });
  t.form();
  t.run(1_000);
  t.put("k", "1", { via: "web" }).succeeds();
  t.get("k", { via: "web" }).says("1");
  for (const server of ["a", "b", "c"]) {
    t.kill(server);
    t.until(() => t.leader(), { withinMs: 8_000 });
    t.until(() => t.get("k", { via: "web", withinMs: 3_000 }).body === "1");
    t.put("k", "1", { via: "web" }).succeeds();
    t.restart(server);
    t.run(3_000);
  }
  t.settle();
}
