// Clients take locks and give them back, with sessions that a snapshot brought along, while leaders die. Nobody may be
// given a lock that another one holds, nor be told an index of it that goes back.

import type { Scenario } from "../scenario.ts";
import { archiveWithSessions, sessionIds } from "../session-archive.ts";

export function locks(t: Scenario): void {
  t.cluster({ servers: ["a", "b", "c"], clients: ["web"] });
  t.until(() => t.leader());
  const sessions = sessionIds(3);
  t.restore(archiveWithSessions(sessions)).succeeds();
  t.clients({ clients: 5, keys: 2, sessions });
  t.run(5_000);
  for (let times = 0; times < 2; times++) {
    const leader = t.leader() ?? "a";
    t.kill(leader);
    t.until(() => t.leader());
    t.run(3_000);
    t.restart(leader);
    t.run(3_000);
  }
  t.settle();
  t.expect(t.answered > 100, `clients were answered ${t.answered} times`);
}
