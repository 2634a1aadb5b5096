// Command lines of `keyring`, at an agent whose gossip is not encrypted, and at none. What they do to one that is:
// scripts/interop/scenarios/encrypted.ts.

import { type Case, lines } from "./command-lines.ts";

export const KEYRING_COMMANDS: readonly Case[] = [
  ...lines(`
    keyring
    keyring -h
    keyring -nosuch
    keyring x
    keyring -list
    keyring -list x
    keyring -list=false
    keyring -list -local-only
    keyring -list -relay-factor=3
    keyring -list -relay-factor=6
    keyring -list -relay-factor=-1
    keyring -list -relay-factor=x
    keyring -list-primary
    keyring -list -list-primary
    keyring -list -install k
    keyring -list-primary -use k
    keyring -install k -use k
    keyring -install ''
    keyring -install !!
    keyring -install aGVsbG8=
    keyring -install hlbnjKxy5t1r/rJfPMKFW+yLagMDyUg/s2XYVpCjmrA=
    keyring -use hlbnjKxy5t1r/rJfPMKFW+yLagMDyUg/s2XYVpCjmrA= -relay-factor 2
    keyring -remove hlbnjKxy5t1r/rJfPMKFW+yLagMDyUg/s2XYVpCjmrA=
    keyring -remove k -local-only
    keyring -use k -local-only=false
  `),
  ...lines(
    `
    keyring -list
    keyring -list -local-only -relay-factor=1
    keyring -install k
    keyring -use k -relay-factor 5
    keyring -remove k
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
];
