// What a test's HTTP knows of its agent's configuration.

import type { HttpSettings } from "../../../src/core/http/plan.ts";

export const SETTINGS: HttpSettings = {
  dev: false,
  nodeName: "n1",
  datacenter: "dc1",
  responseHeaders: [],
  kvMaxValueBytes: 10,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
};
