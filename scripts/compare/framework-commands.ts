// Command lines of no command: how one is found among others, its help, its version, flags that do not parse, what a shell
// is offered.

import { type Case, lines } from "./command-lines.ts";

/** What a shell is offered for a line. Consul's commands offer no flags. */
const COMPLETIONS: readonly Case[] = [
  ...[
    "consul k",
    "consul kv ",
    "consul  kv   g",
    "consul kv",
    "consul",
    "consul -",
    "consul nosuch kv p",
    "consul kv get ",
  ],
  ...["consul snapshot ", "consul operator autopilot g", "consul watch x"],
].map((line) => ({ args: [], env: { COMP_LINE: line }, anyOrder: true }));
export const FRAMEWORK_COMMANDS: readonly Case[] = [
  { args: [] },
  ...lines(`
    -h
    --help
    -v
    --version
    -
    ''
    nosuch
    help
    help kv
    -h nosuch
    -v members
    -foo members
    'kv get' x
    kv
    kv ''
    kv nosuch
    kv help
    kv -h
    kv get -h extra
    kv get -v
    version
    version -format=x
    keygen
    keygen with arguments
    agent -h
    agent -nosuch
    debug -h
    debug -nosuch
    debug -duration=x
    event -h
    event -nosuch
    exec -h
    exec -nosuch
    force-leave -h
    force-leave -nosuch
    info -h
    info -nosuch
    join -h
    join -nosuch
    keygen -h
    keygen -nosuch
    kv delete -h
    kv delete -nosuch
    kv export -h
    kv export -nosuch
    kv import -h
    kv import -nosuch
    kv get -h
    kv get -nosuch
    kv put -h
    kv put -nosuch
    leave -h
    leave -nosuch
    members -h
    members -nosuch
    monitor -h
    monitor -nosuch
    reload -h
    reload -nosuch
    validate -h
    validate -nosuch
    version -h
    version -nosuch
    members ---wan
    members -=x
    members --wan=false
    members -wan=maybe
    members -status
    kv get -stale=maybe a
    kv put -flags=-1 a b
    kv put -flags=18446744073709551616 a b
  `),
  ...COMPLETIONS,
];
