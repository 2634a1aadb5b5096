// Every key that a configuration file may have: that it is taken, and that what counts as working makes another agent of it.

import { expect, test } from "vitest";
import { asksForNothing, hasEffect } from "../../../src/adapters/config/effects.ts";
import type { ConfigValue } from "../../../src/adapters/config/values.ts";
import { changes, TRIED, type Tried } from "./every-key.ts";

/** What keeps its promise by doing nothing here, or is a word of access control, which an agent that has it on refuses. */
const KEPT_BY_DOING_NOTHING = new Set([
  // There is no signature, no look for updates, no gRPC, and one protocol of Raft.
  ...["disable_anonymous_signature", "disable_update_check", "addresses.grpc", "raft_protocol"],
  // As TLS 1.3 has it; in TLS 1.2 our order always counts.
  "tls_prefer_server_cipher_suites",
]);
const ACCESS_CONTROL = /^acl[._]|^enable_acl_replication$/;
/** Consul's constants, and what is another program's: read over there too. */
const READ_OVER =
  /^(?:ae_interval|check_deregister_interval_min|check_reap_interval|consul|revision|segment_.*|snapshot_agent|sync_coordinate_.*|version.*)$/;

function isTold({ path, agent }: Tried): boolean {
  const key = path.slice(path.lastIndexOf(".") + 1);
  if (typeof agent !== "string") return agent.warnings.some((line) => line.includes(path));
  return (
    !agent.includes("invalid config key") && (agent.includes(key) || /Unsupported .* policy/.test(agent))
  );
}

test("each key of Consul's works, or is warned of, or refused by its name", () => {
  const silent = TRIED.filter(({ path, value, agent }) => {
    const works = hasEffect(path) && typeof agent !== "string";
    const isEmpty = JSON.stringify(value) === "{}";
    return (
      !works && !isEmpty && !asksForNothing(path, value as ConfigValue) && !isTold({ path, value, agent })
    );
  });
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("a key that counts as working makes another agent", () => {
  const working = TRIED.filter(
    ({ path }) =>
      hasEffect(path) &&
      !ACCESS_CONTROL.test(path) &&
      !READ_OVER.test(path) &&
      !KEPT_BY_DOING_NOTHING.has(path),
  );
  const effective = new Set(
    working.filter((each) => changes(each, ({ shown }) => shown)).map(({ path }) => path),
  );
  expect(effective.size).toBeGreaterThan(100);
  expect(working.filter(({ path }) => !effective.has(path))).toEqual([]);
});
