// Intentions as the commands of `intention` see them: asked for, looked up by their two ends, and told in one line.

import { CLIENT_FLAGS, SERVER_FLAGS } from "./api-flags.ts";
import { type ApiClient, answerJson, callApi, expectOk, type Fetched } from "./client.ts";
import type { Call } from "./command.ts";
import type { Flag } from "./flags.ts";

/** As /v1/connect/intentions takes it. */
export interface NewIntention {
  readonly ID?: string;
  readonly SourceNS?: string;
  readonly SourceName?: string;
  readonly DestinationNS?: string;
  readonly DestinationName?: string;
  readonly SourceType?: string;
  readonly Action?: string;
  readonly Description?: string;
  readonly Meta?: Readonly<Record<string, string>>;
}

/** As it gives it. */
export interface Intention extends NewIntention {
  readonly ID: string;
  readonly Precedence: number;
  /** "2026-11-21T11:52:14.5Z" */
  readonly CreatedAt: string;
}

export const INTENTION_FLAGS: readonly Flag[] = [...CLIENT_FLAGS, ...SERVER_FLAGS];

export const INTENTIONS_PATH = "/v1/connect/intentions";

/** "web", or "ns/web" outside of the default namespace. */
export function sourceText({ SourceNS = "", SourceName = "" }: NewIntention): string {
  return endText(SourceNS, SourceName);
}

export function destinationText({ DestinationNS = "", DestinationName = "" }: NewIntention): string {
  return endText(DestinationNS, DestinationName);
}

function endText(namespace: string, name: string): string {
  return namespace === "" || namespace === "default" ? name : `${namespace}/${name}`;
}

/** "web => db (allow)" */
export function intentionLine(intention: NewIntention): string {
  return `${sourceText(intention)} => ${destinationText(intention)} (${intention.Action ?? ""})`;
}

export async function fetchIntentions(client: ApiClient): Promise<Fetched<readonly Intention[]>> {
  const listed = answerJson(expectOk(await callApi(client, { method: "GET", path: INTENTIONS_PATH })));
  return listed.ok ? { ok: true, value: (listed.value ?? []) as readonly Intention[] } : listed;
}

/** The intention from one service to another, to the letter; undefined where there is none. */
export async function findIntention(
  client: ApiClient,
  source: string,
  destination: string,
): Promise<Fetched<Intention | undefined>> {
  const listed = await fetchIntentions(client);
  if (!listed.ok) return listed;
  const [from, to] = [source, destination].map((end) => end.replace(/^default\//, ""));
  return {
    ok: true,
    value: listed.value.find((each) => sourceText(each) === from && destinationText(each) === to),
  };
}

/** The id that the arguments name: itself, or that of the intention between two services. */
export async function intentionIdOf(client: ApiClient, { args }: Call): Promise<Fetched<string>> {
  const [first = "", second] = args;
  if (args.length < 1 || args.length > 2)
    return { ok: false, error: "command requires exactly 1 or 2 arguments" };
  if (second === undefined) return { ok: true, value: first };
  const found = await findIntention(client, first, second);
  if (!found.ok) return found;
  if (found.value !== undefined) return { ok: true, value: found.value.ID };
  return { ok: false, error: `Intention with source "${first}" and destination "${second}" not found.` };
}
