// This program's own version: what `quorate version` says, and what the log and `Stats.build` call the build. Which
// version of Consul we behave as is core/agent/config.ts's business.

/** As in package.json (test/adapters/config/settings.test.ts keeps the two equal). */
export const OWN_VERSION = "0.1.0";
