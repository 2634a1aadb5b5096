// All that is compared, in the order in which it is played: later groups read what earlier ones have written.

import { AGENT_SERVICES } from "./agent-services.ts";
import { CACHED_GROUPS } from "./cached.ts";
import type { Group } from "./cases.ts";
import { CATALOG } from "./catalog.ts";
import { CHECKS } from "./checks.ts";
import { CONFIG_ENTRIES } from "./config-entries.ts";
import { CONFIGURED_GROUPS } from "./configured.ts";
import { COORDINATES } from "./coordinates.ts";
import { ENDPOINTS, FAREWELL } from "./endpoints.ts";
import { EVENT_GROUPS } from "./events.ts";
import { FILTERS } from "./filters.ts";
import { INTENTIONS } from "./intentions.ts";
import { KEYRING } from "./keyring.ts";
import { KV_RULES } from "./kv-rules.ts";
import { KV_TUTORIAL } from "./kv-tutorial.ts";
import { OPERATOR } from "./operator.ts";
import { PATHS_AND_METHODS } from "./paths.ts";
import { QUERY_GROUPS } from "./prepared-queries.ts";
import { SESSION_GROUPS } from "./sessions.ts";
import { TELEMETRY } from "./telemetry.ts";
import { TXN_GROUPS } from "./txn.ts";
import { WAITING } from "./waiting.ts";
import { WIRE } from "./wire.ts";

export const GROUPS: readonly Group[] = [
  ...KV_TUTORIAL,
  ...KV_RULES,
  ...WAITING,
  ...PATHS_AND_METHODS,
  ...WIRE,
  ...CONFIGURED_GROUPS,
  ...EVENT_GROUPS,
  ...SESSION_GROUPS,
  ...TXN_GROUPS,
  ...QUERY_GROUPS,
  ...OPERATOR,
  ...COORDINATES,
  ...KEYRING,
  TELEMETRY,
  ...ENDPOINTS,
  ...CATALOG,
  ...CACHED_GROUPS,
  ...AGENT_SERVICES,
  ...CHECKS,
  ...FILTERS,
  ...CONFIG_ENTRIES,
  ...INTENTIONS,
  FAREWELL,
];
