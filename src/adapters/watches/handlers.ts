// What an agent does when something that it watches has changed: runs a program, or asks somebody over HTTP. Either way what
// comes of it goes into the log, and no more of it than its end.

import type { WatchSpec } from "./spec.ts";

export interface ConfiguredWatch {
  readonly spec: WatchSpec;
  readonly handler: WatchHandler;
}

export type WatchHandler = ScriptHandler | HttpHandler;

export interface ScriptHandler {
  readonly kind: "script";
  readonly words: readonly string[];
  /** The words are a line for the shell. */
  readonly shell: boolean;
  /** For the log. */
  readonly shown: string;
}

export interface HttpHandler {
  readonly kind: "http";
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[];
  readonly timeoutMs: number;
  readonly skipsVerification: boolean;
}

/** How much of what a handler says is kept: its end. */
export const OUTPUT_BYTES: number = 4096;
