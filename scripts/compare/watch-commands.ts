// Command lines of `watch`: those that print what there is and end, and those whose program fails at first, so that they end.

import { type Case, lines } from "./command-lines.ts";

export const WATCH_COMMANDS: readonly Case[] = [
  ...lines(`
    watch
    watch -h
    watch -nosuch
    watch -type= -key=a/b
    watch -type=nosuch
    watch -type=KEY -key=a/b
    watch -type=key
    watch -type=key -key=a/b
    watch -type=key -key=/a/b
    watch -type=key -key=a/d/
    watch -type=key -key=nosuch
    watch -type=key -key=a/c
    watch -type=key -key=a/b -service=b
    watch -type=keyprefix
    watch -type=keyprefix -prefix=a
    watch -type=keyprefix -prefix=/a/
    watch -type=keyprefix -prefix=nosuch/
    watch -type=services
    watch -type=services -stale
    watch -type=services -token=x
    watch -type=services -http-addr=127.0.0.1:1
    watch -type=nodes
    watch -type=service
    watch -type=service -service=web
    watch -type=service -service=web -tag=v1
    watch -type=service -service=web -tag=v1 -tag=v2
    watch -type=service -service=web -tag=nosuch
    watch -type=service -service=web -passingonly=true
    watch -type=service -service=web -passingonly=0
    watch -type=service -service=web -passingonly=xx
    watch -type=service -service=nosuch
    watch -type=checks
    watch -type=checks -state=critical
    watch -type=checks -state=passing
    watch -type=checks -service=web
    watch -type=checks -service=web -state=passing
    watch -type=event -name=nosuch
    watch -type=event -stale
    watch -type=connect_roots
    watch -type=connect_leaf -service=web
    watch -type=agent_service
    watch -type=connect_proxy_config
    watch -type=key -key=a/b 'cat; exit 3'
    watch -type=key -key=a/b 'test $CONSUL_INDEX -gt 0 && exit 4'
    watch -type=keyprefix -prefix=a/ 'cat; exit 1'
    watch -type=service -service=web 'cat; exit 1'
    watch -type=key -key=nosuch 'cat; exit 1'
    watch -type=key -key=a/b -shell=false nosuchprog x
    watch -type=key -key=a/b -shell=false sh -c 'exit 2'
    watch -type=key -key=a/b -shell=false /no/such
    watch -type=key -key=a/b 'kill -9 $$'
    watch -type=key -key=a/b 'kill -TERM $$'
  `),
  ...lines("watch -type=key -key=a/b true", { env: { SHELL: "/no/such" } }),
];
