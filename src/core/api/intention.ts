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

/** Makes the intention of a source and a destination what it is to be from now on, whether there is one or not. */
export interface IntentionUpsert {
  readonly kind: "intention.upsert";
  readonly intention: IntentionFields;
}

/** Which intention is meant, by the names that it is between. */
export interface IntentionEnds {
  readonly source: IntentionEnd;
  readonly destination: IntentionEnd;
}

/** One that is not there is no error. */
export interface IntentionDeleteExact extends IntentionEnds {
  readonly kind: "intention.delete-exact";
}

interface Read {
  readonly options: ReadOptions;
}

export type IntentionList = Read & { readonly kind: "intention.list"; readonly filter?: ByteString };
export type IntentionGet = Read & { readonly kind: "intention.get"; readonly id: string };

export type IntentionGetExact = Read & IntentionEnds & { readonly kind: "intention.get-exact" };

/** Which intentions say something of each of these services, as the source or as the destination. */
export type IntentionMatch = Read & {
  readonly kind: "intention.match";
  readonly by: "source" | "destination";
  readonly ends: readonly IntentionEnd[];
};

export type IntentionRead = IntentionList | IntentionGet | IntentionGetExact | IntentionMatch;
export type IntentionWrite = IntentionSet | IntentionDelete | IntentionUpsert | IntentionDeleteExact;
