// What is kept in step with the catalog, one name for each: a service or a check of this node, by its id.

export type SyncKey = string & { readonly syncKey?: never };

const SERVICE = "service ";
const CHECK = "check ";

export function serviceSyncKey(id: string): SyncKey {
  return `${SERVICE}${id}`;
}

export function checkSyncKey(id: string): SyncKey {
  return `${CHECK}${id}`;
}

export function syncKeyOf(key: SyncKey): { readonly of: "service" | "check"; readonly id: string } {
  return key.startsWith(SERVICE)
    ? { of: "service", id: key.slice(SERVICE.length) }
    : { of: "check", id: key.slice(CHECK.length) };
}
