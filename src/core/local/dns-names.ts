// Names that DNS can't say: nothing forbids them, but the log tells of them (Consul's words, 1.8).

import { type Notice, notice } from "../api/notice.ts";
import type { ServiceDefinition } from "../model/local.ts";
import { dnsFault } from "../model/service-rules.ts";

export function dnsNotices({ service, tags }: ServiceDefinition): Notice[] {
  const notices: Notice[] = [];
  const fault = dnsFault(service);
  if (fault !== undefined) notices.push(notice("warn", "", `Service name ${fault}`, { service }));
  for (const tag of tags) {
    const its = dnsFault(tag);
    if (its !== undefined) notices.push(notice("debug", "", `Service tag ${its}`, { tag }));
  }
  return notices;
}
