// Command lines of `lock`. None leaves a lock behind.

import { type Case, lines } from "./command-lines.ts";

export const LOCK_COMMANDS: readonly Case[] = [
  ...lines(`
    lock
    lock -h
    lock -nosuch
    lock p
    lock -n=0 p x
    lock -n=x p true
    lock -timeout=-1s p true
    lock -timeout=x p true
    lock -monitor-retry=-1 p true
    lock -http-addr=127.0.0.1:1 p true
    lock -datacenter=dc9 p true
    lock p 'echo $CONSUL_LOCK_HELD; cat'
    lock -verbose p 'echo hi'
    lock -name=mine -verbose p 'echo hi'
    lock -name=mine -n=2 p 'echo hi'
    lock -verbose -n=2 p 'echo hi'
    lock -verbose -n=2 p/../q//r true
    lock -verbose -n=2 '' true
    lock -verbose /p true
    lock -verbose / true
    lock p ''
    lock p exit 4
    lock -child-exit-code p exit 4
    lock -child-exit-code -n=2 p exit 4
    lock -child-exit-code p kill -9 '$$'
    lock -shell=false -child-exit-code p nosuchprog
    lock -shell=false p /no/such
    lock -try=1s p true
    lock a/b true
    lock -n=2 taken true
    lock taken true
  `),
  ...lines("lock -pass-stdin -verbose p cat", { stdin: "input" }),
  ...lines("lock p true", { env: { SHELL: "/no/such" } }),
];
