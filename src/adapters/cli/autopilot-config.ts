// Autopilot's configuration as the HTTP interface carries it. Numbers may be 64 bits wide, so they are kept as text.

import { byteStringOf } from "../../core/lib/bytes.ts";
import { parseDuration, printDuration } from "../../core/lib/duration.ts";
import { parseJson } from "../../core/lib/go-json.ts";
import { isRawMap, type RawValue } from "../../core/lib/raw-value.ts";
import { type ApiClient, callApi, expectOk, type Fetched } from "./client.ts";

/** By Consul's names of the fields: durations as Go prints them, numbers as they came. */
export interface AutopilotFields {
  CleanupDeadServers: boolean;
  LastContactThreshold: string;
  MaxTrailingLogs: string;
  MinQuorum: string;
  ServerStabilizationTime: string;
  RedundancyZoneTag: string;
  DisableUpgradeMigration: boolean;
  UpgradeVersionTag: string;
  readonly CreateIndex: string;
  readonly ModifyIndex: string;
}

export const AUTOPILOT_PATH = "/v1/operator/autopilot/configuration";

export async function fetchAutopilot(client: ApiClient): Promise<Fetched<AutopilotFields>> {
  const answer = expectOk(await callApi(client, { method: "GET", path: AUTOPILOT_PATH }));
  if (!answer.ok) return answer;
  const parsed = parseJson(byteStringOf(answer.body));
  if (!parsed.ok) return parsed;
  const field = (name: string): RawValue | undefined =>
    isRawMap(parsed.value) ? parsed.value.get(name) : undefined;
  return {
    ok: true,
    value: {
      CleanupDeadServers: field("CleanupDeadServers") === true,
      LastContactThreshold: durationText(field("LastContactThreshold")),
      MaxTrailingLogs: numberText(field("MaxTrailingLogs")),
      MinQuorum: numberText(field("MinQuorum")),
      ServerStabilizationTime: durationText(field("ServerStabilizationTime")),
      RedundancyZoneTag: text(field("RedundancyZoneTag")),
      DisableUpgradeMigration: field("DisableUpgradeMigration") === true,
      UpgradeVersionTag: text(field("UpgradeVersionTag")),
      CreateIndex: numberText(field("CreateIndex")),
      ModifyIndex: numberText(field("ModifyIndex")),
    },
  };
}

function text(value: RawValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function numberText(value: RawValue | undefined): string {
  return typeof value === "object" && value !== null && "goType" in value ? value.text : "0";
}

function durationText(value: RawValue | undefined): string {
  const parsed = parseDuration(text(value));
  return printDuration(parsed.ok ? parsed.ns : 0);
}

/** The body of a request that sets it. */
export function autopilotBody(fields: AutopilotFields): Uint8Array {
  const numbers = new Set(["MaxTrailingLogs", "MinQuorum", "CreateIndex", "ModifyIndex"]);
  const members = Object.entries(fields).map(
    ([name, value]) => `"${name}":${numbers.has(name) ? value : JSON.stringify(value)}`,
  );
  return Buffer.from(`{${members.join(",")}}`);
}
