// What is asked of intentions.

import type { ByteString } from "../lib/bytes.ts";
import type { IntentionEnd, IntentionFields } from "../model/intention.ts";
import type { ReadOptions } from "./request.ts";

/** Makes an intention, to which the leader gives its id, or replaces the one with this id. Its times are the leader's. */
export interface IntentionSet {
  readonly kind: "intention.set";
  readonly create: boolean;
  readonly intention: IntentionFields;
}

export interface IntentionDelete {
  readonly kind: "intention.delete";
  readonly id: string;
}

interface Read {
  readonly options: ReadOptions;
}

export type IntentionList = Read & { readonly kind: "intention.list"; readonly filter?: ByteString };
export type IntentionGet = Read & { readonly kind: "intention.get"; readonly id: string };

/** Which intentions say something of each of these services, as the source or as the destination. */
export type IntentionMatch = Read & {
  readonly kind: "intention.match";
  readonly by: "source" | "destination";
  readonly ends: readonly IntentionEnd[];
};

export type IntentionRead = IntentionList | IntentionGet | IntentionMatch;
