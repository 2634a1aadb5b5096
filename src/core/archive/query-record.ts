// Prepared queries as records of an archive, and back.

import type { PreparedQuery, QueryTemplate } from "../model/prepared-query.ts";
import { bool, type Kind, list, mapOf, nullable, size, struct, text } from "../wire/gossip/struct.ts";
import { labelsOf, mapOfLabels } from "./catalog-rows.ts";
import { int } from "./records.ts";

type TextMap = ReadonlyMap<string, string> | null;
const labels: Kind<TextMap> = nullable(mapOf(text));
const texts: Kind<readonly string[] | null> = list(text);

interface ServiceRecord {
  readonly service: string;
  readonly failover: { readonly nearestN: number; readonly datacenters: readonly string[] | null };
  readonly onlyPassing: boolean;
  readonly ignoreCheckIds: readonly string[] | null;
  readonly near: string;
  readonly tags: readonly string[] | null;
  readonly nodeMeta: TextMap;
  readonly serviceMeta: TextMap;
  readonly connect: boolean;
}

const service: Kind<ServiceRecord> = struct<ServiceRecord>(
  {},
  {
    service: ["Service", text],
    failover: [
      "Failover",
      struct<ServiceRecord["failover"]>(
        {},
        { nearestN: ["NearestN", int], datacenters: ["Datacenters", texts] },
      ),
    ],
    onlyPassing: ["OnlyPassing", bool],
    ignoreCheckIds: ["IgnoreCheckIDs", texts],
    near: ["Near", text],
    tags: ["Tags", texts],
    nodeMeta: ["NodeMeta", labels],
    serviceMeta: ["ServiceMeta", labels],
    connect: ["Connect", bool],
  },
);

interface TemplateRecord extends Omit<QueryTemplate, "type"> {
  readonly templateType: string;
}

export interface QueryRecord {
  readonly id: string;
  readonly name: string;
  readonly session: string;
  readonly token: string;
  readonly template: TemplateRecord;
  readonly service: ServiceRecord;
  readonly dns: { readonly ttl: string };
  readonly createIndex: number;
  readonly modifyIndex: number;
}
export const query: Kind<QueryRecord> = struct<QueryRecord>(
  {},
  {
    id: ["ID", text],
    name: ["Name", text],
    session: ["Session", text],
    token: ["Token", text],
    template: [
      "Template",
      struct<TemplateRecord>(
        {},
        {
          templateType: ["Type", text],
          regexp: ["Regexp", text],
          removeEmptyTags: ["RemoveEmptyTags", bool],
        },
      ),
    ],
    service: ["Service", service],
    dns: ["DNS", struct<QueryRecord["dns"]>({}, { ttl: ["TTL", text] })],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

export function queryRecord(row: PreparedQuery): QueryRecord {
  const { nodeMeta, serviceMeta } = row.service;
  const { type: templateType, regexp, removeEmptyTags } = row.template;
  return {
    ...row,
    template: { templateType, regexp, removeEmptyTags },
    service: { ...row.service, nodeMeta: mapOfLabels(nodeMeta), serviceMeta: mapOfLabels(serviceMeta) },
  };
}

export function queryOf(record: QueryRecord): PreparedQuery {
  const { nodeMeta, serviceMeta } = record.service;
  const { templateType: type, regexp, removeEmptyTags } = record.template;
  return {
    ...record,
    template: { type, regexp, removeEmptyTags },
    service: { ...record.service, nodeMeta: labelsOf(nodeMeta), serviceMeta: labelsOf(serviceMeta) },
  };
}
