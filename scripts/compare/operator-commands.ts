// Command lines of operators: the servers of a cluster, autopilot, saved states.

import { type Case, lines } from "./command-lines.ts";

const SNAPSHOT: readonly Case[] = [
  ...lines(`
    snapshot
    snapshot -h
    snapshot nosuch
    snapshot save -h
    snapshot save -nosuch
    snapshot restore -h
    snapshot restore -nosuch
    snapshot save
    snapshot save a b
    snapshot save out.snap
    snapshot save -stale out.snap
    snapshot save -datacenter=nope out.snap
    snapshot save data
    snapshot save ''
    snapshot restore
    snapshot restore a b
    snapshot restore nosuch
    snapshot restore data
    snapshot restore {snap}
    snapshot restore {short}
    snapshot restore {turned}
    snapshot restore -datacenter=nope {snap}
    snapshot inspect
    snapshot inspect -h
    snapshot inspect -nosuch
    snapshot inspect a b
    snapshot inspect nosuch
    snapshot inspect data
    snapshot inspect {snap}
    snapshot inspect {short}
    snapshot inspect {turned}
  `),
  ...lines(
    `
    snapshot save out.snap
    snapshot save -stale -datacenter=q out.snap
    snapshot restore {snap}
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
  ...["restore", "inspect"].flatMap((command) => [
    ...lines(`snapshot ${command} empty`, { file: ["empty", ""] }),
    ...lines(`snapshot ${command} text`, { file: ["text", "no archive, but some text\n"] }),
  ]),
  ...lines("snapshot save /no/such/out.snap", {
    differs: "Consul writes to a file with a random name first",
  }),
];

const RAFT: readonly Case[] = [
  ...lines(`
    operator raft nosuch
    operator raft list-peers -h
    operator raft list-peers -nosuch
    operator raft list-peers
    operator raft list-peers x
    operator raft list-peers -stale
    operator raft list-peers -datacenter=nope
    operator raft remove-peer -h
    operator raft remove-peer -nosuch
    operator raft remove-peer
    operator raft remove-peer -id=x -address=y
    operator raft remove-peer -id=nosuch
    operator raft remove-peer -address=1.2.3.4:5
    operator raft remove-peer -id=nosuch x
  `),
  ...lines("operator\noperator -h\noperator nosuch", { differs: "usage, of later Consuls, is known here" }),
  ...lines("operator raft\noperator raft -h", {
    differs: "transfer-leader, of later Consuls, is known here",
  }),
  ...lines(
    `
    operator raft list-peers
    operator raft remove-peer -id=a;b/ü
    operator raft remove-peer -address=1.2.3.4:5
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
];

const AUTOPILOT: readonly Case[] = [
  ...lines(`
    operator autopilot nosuch
    operator autopilot get-config -h
    operator autopilot get-config -nosuch
    operator autopilot get-config
    operator autopilot get-config x
    operator autopilot get-config -datacenter=nope
    operator autopilot set-config -h
    operator autopilot set-config -nosuch
    operator autopilot set-config
    operator autopilot set-config x
    operator autopilot set-config -cleanup-dead-servers=false
    operator autopilot set-config -cleanup-dead-servers
    operator autopilot set-config -cleanup-dead-servers=maybe
    operator autopilot set-config -last-contact-threshold=300ms -max-trailing-logs=500 -server-stabilization-time=15s
    operator autopilot set-config -last-contact-threshold=5
    operator autopilot set-config -max-trailing-logs=-1
    operator autopilot set-config -max-trailing-logs=x
    operator autopilot set-config -min-quorum=3
    operator autopilot set-config -min-quorum=18446744073709551616
    operator autopilot set-config -redundancy-zone-tag=z"< -upgrade-version-tag=u -disable-upgrade-migration=true
    operator autopilot get-config
    operator autopilot get-config -stale
  `),
  ...lines("operator autopilot\noperator autopilot -h", {
    differs: "state, of later Consuls, is known here",
  }),
  ...lines(
    `
    operator autopilot get-config
    operator autopilot set-config -min-quorum=3
  `,
    { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } },
  ),
];

export const OPERATOR_COMMANDS: readonly Case[] = [...SNAPSHOT, ...RAFT, ...AUTOPILOT];
