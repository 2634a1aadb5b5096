// Templates of prepared queries: the texts of the query with what they have in "${…}" worked out for the name that was
// looked up. Consul's agent/consul/prepared_query, 1.8.

import { evaluateHil, type Hil, parseHil } from "../lib/hil/hil.ts";
import { compileCapturingRe2, findRe2, type Re2 } from "../lib/re2/re2.ts";
import { NAME_PREFIX_MATCH, type PreparedQuery, type ServiceQuery } from "../model/prepared-query.ts";

type Template = Pick<PreparedQuery, "name" | "template" | "service">;

type Rendered =
  | { readonly ok: true; readonly service: ServiceQuery }
  | { readonly ok: false; readonly error: string };

/** What makes a query no template that could be used; it is tried with its own name, the shortest there is for it. */
export function templateFault(query: Template): string | undefined {
  if (query.template.type !== NAME_PREFIX_MATCH) return `Bad Template.Type '${query.template.type}'`;
  const rendered = renderTemplate(query, query.name);
  return rendered.ok ? undefined : rendered.error;
}

/** The query for this name. */
export function renderTemplate(query: Template, name: string): Rendered {
  const { template, service } = query;
  const trees = new Map<string, Hil>();
  let fault: string | undefined;
  mapTexts(service, (text, path) => {
    // Most texts have nothing to be worked out in them.
    if (!text.includes("$")) return text;
    const tree = parseHil(text);
    if (tree !== undefined) trees.set(path, tree);
    else fault ??= `Bad format '${text}' in Service${path}: parse error: syntax error`;
    return text;
  });
  if (fault !== undefined) return { ok: false, error: fault };
  const parts = partsOf(template.regexp, name);
  if (typeof parts === "string") return { ok: false, error: `Bad Regexp: ${parts}` };
  const scope = scopeOf(query, name, parts);
  const rendered = mapTexts(service, (text, path) => {
    const tree = trees.get(path);
    if (tree === undefined || fault !== undefined) return text;
    const evaluated = evaluateHil(tree, scope);
    if (evaluated.ok) return evaluated.value;
    fault = `Bad evaluation for '${text}' in Service${path}: ${evaluated.error}`;
    return text;
  });
  if (fault !== undefined) return { ok: false, error: fault };
  if (!template.removeEmptyTags) return { ok: true, service: rendered };
  return { ok: true, service: { ...rendered, tags: (rendered.tags ?? []).filter((tag) => tag !== "") } };
}

function scopeOf(
  { name: prefix }: Template,
  name: string,
  parts: readonly string[],
): Parameters<typeof evaluateHil>[1] {
  return {
    variables: new Map([
      ["name.full", name],
      ["name.prefix", prefix],
      // A name that only begins so without regard to case is all suffix.
      ["name.suffix", name.startsWith(prefix) ? name.slice(prefix.length) : name],
      // Only Consul Enterprise has agents in segments.
      ["agent.segment", ""],
    ]),
    functions: new Map([["match", (number: number) => parts[number] ?? ""]]),
  };
}

/** What the expression and its groups take of the name: nothing where there is none, or none of it. Or what is wrong with it. */
function partsOf(regexp: string, name: string): readonly string[] | string {
  if (regexp === "") return [];
  const compiled = compileCapturingRe2(regexp);
  return compiled.ok ? findParts(compiled.re2, name) : compiled.error;
}

function findParts(re2: Re2, name: string): readonly string[] {
  return findRe2(re2, name) ?? [];
}

/** Every text of a query is a template, the names of metadata excepted. In the order in which the original takes them. */
function mapTexts(service: ServiceQuery, map: (text: string, path: string) => string): ServiceQuery {
  const mapList = (list: readonly string[] | null, path: string): readonly string[] | null =>
    list?.map((text, at) => map(text, `${path}[${at}]`)) ?? null;
  const mapLabels = (labels: ServiceQuery["nodeMeta"], path: string): ServiceQuery["nodeMeta"] =>
    labels?.map(([name, text]) => [name, map(text, `${path}[${name}]`)] as const) ?? null;
  const { failover } = service;
  return {
    ...service,
    service: map(service.service, ".Service"),
    failover: { ...failover, datacenters: mapList(failover.datacenters, ".Failover.Datacenters") },
    ignoreCheckIds: mapList(service.ignoreCheckIds, ".IgnoreCheckIDs"),
    near: map(service.near, ".Near"),
    tags: mapList(service.tags, ".Tags"),
    nodeMeta: mapLabels(service.nodeMeta, ".NodeMeta"),
    serviceMeta: mapLabels(service.serviceMeta, ".ServiceMeta"),
  };
}
