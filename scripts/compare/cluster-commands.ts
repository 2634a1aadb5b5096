// Command lines about members and what is told to all of them: `members`, `event`, `exec`, `join`, `force-leave`; and about
// one agent: `info`, `debug`, `monitor`, `reload`.

import { type Case, lines } from "./command-lines.ts";

export const CLUSTER_COMMANDS: readonly Case[] = [
  ...lines(`
  members
  members -detailed
  members -wan
  members -status=alive
  members -status=nope
  members -status=(
  members -status=*
  members -status=[
  members -status=a**
  members -status=a{1001}
  members '-status=(?P<x>al)ive'
  members '-status=(?=alive)'
  members -status=\\Qalive\\E
  members -status=x\\
  members -segment=foo
  members -wan -segment=foo
  members -wan -detailed
  members -wan -status=alive
  members -wan -status=failed
  members -wan -segment=_all
  members extra arguments
  event
  event payload
  event -name=
  event -name=deploy
  event -name=deploy 1.4.2
  event -name=deploy ''
  event -name=deploy 1.4.2 more
  event '-name=a b/ö' x
  event -name=deploy -node=^n -service=web -tag=v1 x
  event -name=deploy -node=(
  event -name=deploy -service=a**
  event -name=deploy -tag=[
  event -name=deploy -tag=v1
  event -name=deploy -tag=v1 a b
  event -name=deploy -node=( a b
  event -name=deploy xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  event -http-addr=127.0.0.1:1 -name=deploy
  event -token=secret -name=deploy x
  exec
  exec -
  exec -shell=false
  exec -shell=false -
  exec -node=( x
  exec -service=a** x
  exec -service=a -tag=[ x
  exec -tag=a x
  exec -node=( -tag=a x
  exec -http-addr=127.0.0.1:1 true
  exec -wait=300ms echo hi
  exec -wait=300ms -verbose -prefix=other echo hi
  exec -wait=300ms -node=nosuch -wait-repl=-1s echo hi
  exec -wait=300ms -datacenter=dc9 echo hi
  join
  join 127.0.0.1:1
  join 127.0.0.1:1 {lan}
  join {lan}
  join -wan {wan}
  join -wan
  join -wan 127.0.0.1:1
  leave foo
  force-leave
  force-leave a b
  force-leave nosuch
  force-leave -prune nosuch
  info
  info x
  debug x
  debug -duration=9s
  debug -interval=4s
  debug -capture=foo
  debug -capture=foo,host
  debug -duration=10s
  debug -duration=10s -interval=11s
  debug -duration=1m0.5s -interval=4.9s
  debug -http-addr=127.0.0.1:1
  debug -http-addr=127.0.0.1:1 -duration=9s
  debug -capture=host -output=data
  debug -capture=host -output=
  debug -capture=host -output=data/deep/er
  debug -capture=host -capture=agent -capture=host -output=new
  debug -capture=cluster -output=new -archive=false
  monitor -log-level=loud
  monitor -log-json -log-level=loud x
  reload
  reload x
`),
  ...lines(
    `
    members '-filter=Name == node1'
    debug -capture=members -output=new
    debug -since=1h -capture=host -output=new
  `,
    { differs: "of later Consuls" },
  ),
];
