// How a sequence that shows a difference becomes short: what it can do without goes, then what its requests can do without.

import type { Json, Request } from "./request.ts";

/**
 * Whether these requests show the difference still; they are played to find out.
 */
export type Shows = (requests: readonly Request[]) => Promise<boolean>;

export async function shorten(requests: readonly Request[], shows: Shows): Promise<readonly Request[]> {
  let shortest = await withoutSome(requests, shows);
  for (let at = 0; at < shortest.length; at++) shortest = await withSimpler(shortest, at, shows);
  return shortest;
}

/** Halves of what is left go first, then quarters, then one at a time. */
async function withoutSome(requests: readonly Request[], shows: Shows): Promise<readonly Request[]> {
  let left = requests;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = left.length - size; from >= 0; from -= size) {
      const fewer = [...left.slice(0, from), ...left.slice(from + size)];
      if (fewer.length > 0 && (await shows(fewer))) left = fewer;
    }
  return left;
}

async function withSimpler(
  requests: readonly Request[],
  at: number,
  shows: Shows,
): Promise<readonly Request[]> {
  let best = requests;
  for (let found = true; found; ) {
    found = false;
    const request = best[at];
    if (request === undefined) return best;
    for (const simpler of simplerRequests(request)) {
      const tried = best.with(at, simpler);
      if (!(await shows(tried))) continue;
      best = tried;
      found = true;
      break;
    }
  }
  return best;
}

/** Requests with one thing less, what is likely to matter least first. */
export function simplerRequests(request: Request): Request[] {
  const { query, body } = request;
  const simpler: Request[] = query.map((_, at) => ({
    ...request,
    query: query.filter((__, other) => other !== at),
  }));
  if (body !== undefined && "json" in body)
    for (const json of simplerValues(body.json)) simpler.push({ ...request, body: { json } });
  if (body !== undefined && "text" in body && body.text.length > 1)
    simpler.push({ ...request, body: { text: "1" } });
  return simpler;
}

/** The same value with a field or an item less, at any depth. */
export function simplerValues(value: Json): Json[] {
  if (typeof value !== "object" || value === null) return [];
  if (isList(value))
    return [
      ...value.map((_, at) => value.toSpliced(at, 1)),
      ...value.flatMap((item, at) => simplerValues(item).map((simpler) => value.with(at, simpler))),
    ];
  const entries = Object.entries(value);
  return [
    ...entries.map(([name]) => Object.fromEntries(entries.filter(([other]) => other !== name))),
    ...entries.flatMap(([name, item]) =>
      item === undefined ? [] : simplerValues(item).map((simpler) => ({ ...value, [name]: simpler })),
    ),
  ];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
