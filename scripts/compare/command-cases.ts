// All command lines that compare-cli.ts compares, in the order in which it does.

import { AGENT_COMMANDS } from "./agent-commands.ts";
import { CATALOG_COMMANDS } from "./catalog-commands.ts";
import { CLUSTER_COMMANDS } from "./cluster-commands.ts";
import type { Case } from "./command-lines.ts";
import { CONFIG_COMMANDS } from "./config-commands.ts";
import { CONFIG_LINES } from "./config-lines.ts";
import { CONNECTION_COMMANDS } from "./connection-commands.ts";
import { FRAMEWORK_COMMANDS } from "./framework-commands.ts";
import { INTENTION_COMMANDS } from "./intention-commands.ts";
import { KEYRING_COMMANDS } from "./keyring-commands.ts";
import { KV_COMMANDS } from "./kv-commands.ts";
import { LOCK_COMMANDS } from "./lock-commands.ts";
import { OPERATOR_COMMANDS } from "./operator-commands.ts";
import { RTT_COMMANDS } from "./rtt-commands.ts";
import { SERVICES_COMMANDS } from "./services-commands.ts";
import { VALIDATE_COMMANDS } from "./validate-commands.ts";
import { WATCH_COMMANDS } from "./watch-commands.ts";

export const CASES: readonly Case[] = [
  ...FRAMEWORK_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...KV_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...OPERATOR_COMMANDS,
  ...CATALOG_COMMANDS,
  ...RTT_COMMANDS,
  ...SERVICES_COMMANDS,
  ...KEYRING_COMMANDS,
  ...LOCK_COMMANDS,
  ...WATCH_COMMANDS,
  ...CONFIG_COMMANDS,
  ...INTENTION_COMMANDS,
  ...AGENT_COMMANDS,
  ...VALIDATE_COMMANDS,
  ...CONFIG_LINES,
];
