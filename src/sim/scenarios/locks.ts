// Clients take locks and give them back while leaders die, stop and are cut off: with sessions that a snapshot brought along,
// and with sessions that they make themselves, renew, destroy, lose with their node or let run out. Nobody may be given a
// lock that another one holds or that is held off, no session may end too early, and no index of a lock go back.

import type { Scenario } from "../scenario.ts";
import { archiveWithSessions, sessionIds } from "../session-archive.ts";

export function locks(t: Scenario): void {
  t.cluster({
    servers: ["a", "b", "c"],
    clients: ["web"],
    raft: { snapshotEntries: 30, trailingEntries: 5 },
  });
  t.until(() => t.leader());
  const sessions = sessionIds(3);
  t.restore(archiveWithSessions(sessions)).succeeds();
  t.clients({ clients: 3, keys: 3, sessions });
  const { counts } = t.lockers({ lockers: 4, keys: ["k0", "k1", "k2"], ttlMs: 2_000, lockDelayMs: 1_500 });
  t.run(8_000);
  const trouble: readonly ((leader: string) => () => void)[] = [
    (leader) => {
      t.kill(leader);
      return () => t.restart(leader);
    },
    (leader) => {
      t.stop(leader);
      return () => t.cont(leader);
    },
    (leader) => {
      t.partition(
        [leader],
        ["a", "b", "c", "web"].filter((name) => name !== leader),
      );
      return () => t.heal();
    },
    () => {
      t.kill("a", "b", "c");
      return () => t.restart("a", "b", "c");
    },
  ];
  for (const strike of trouble) {
    const leader = t.leader() ?? "a";
    const undo = strike(leader);
    t.run(2_500);
    undo();
    t.until(() => t.leader(), { withinMs: 30_000 });
    t.run(6_000);
  }
  t.settle();
  t.expect(t.answered > 100, `clients were answered ${t.answered} times`);
  t.expect(counts.taken > 30, `locks of clients' own sessions were taken ${counts.taken} times`);
  t.expect(counts.expired > 0, "sessions were found to have run out");
}
