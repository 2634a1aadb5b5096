// The servers of this datacenter, as gossip tells them: whom a question can be passed to, and where they take RPC.

import type { MemberEvent } from "../gossip/ports.ts";
import { type Member, serverTags } from "../model/member.ts";
import { startRotation } from "./rotation.ts";
import type { Service } from "./state.ts";

/** Notes what gossip says of a member, if it is a server of ours. */
export function noteMember(service: Service, event: MemberEvent, member: Member, nowMs: number): void {
  const tags = serverTags(member);
  if (tags === undefined || tags.id === "" || tags.datacenter !== service.config.datacenter) return;
  forgetNamesake(service, member.name, tags.id);
  if (event === "leave" || event === "reap") service.servers.delete(tags.id);
  else
    service.servers.set(tags.id, {
      id: tags.id,
      name: member.name,
      address: tags.rpcAddress,
      expect: tags.expect,
      bootstrap: tags.bootstrap,
      alive: event !== "failed",
      version: tags.version,
    });
  prefer(service, tags.id);
  startRotation(service, nowMs);
}

/** A member is one server: who comes back with another id, on a fresh disk, is not the one that it was. */
function forgetNamesake(service: Service, name: string, id: string): void {
  for (const known of [...service.servers.values()]) {
    if (known.name !== name || known.id === id) continue;
    service.servers.delete(known.id);
    prefer(service, known.id);
  }
}

/**
 * Keeps the order in which a client agent asks: a server that comes takes a random place, so that clients spread over
 * all servers; one that goes leaves it.
 */
function prefer(service: Service, id: string): void {
  const { preference, chance } = service;
  const usable = service.servers.get(id)?.alive === true && id !== service.config.nodeId;
  const place = preference.indexOf(id);
  if (usable && place < 0)
    preference.splice(chance.choose("service.server-order", preference.length + 1), 0, id);
  if (!usable && place >= 0) preference.splice(place, 1);
}
