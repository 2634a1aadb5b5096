// The messages between agents, byte for byte, and what becomes of bytes that are none.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ERROR_STATUS } from "../../../src/core/api/error.ts";
import type { Response } from "../../../src/core/api/response.ts";
import { byteStringOf, hexOf } from "../../../src/core/lib/bytes.ts";
import { equalPlain } from "../../../src/core/lib/plain.ts";
import {
  decodeHello,
  decodeRpc,
  encodeHello,
  encodeRpc,
  RPC_FIRST_BYTE,
  RPC_MAX_FRAME_BYTES,
  RPC_MAX_HELLO_BYTES,
  RPC_VERSION,
  type RpcHello,
  type RpcMessage,
} from "../../../src/core/wire/rpc.ts";
import { anyRpc, RPC_EXAMPLES, unhex } from "./examples.ts";

/** A line may be added and never changed: servers are upgraded one by one, and two releases talk to each other. */
const GOLDEN: Readonly<Record<string, string>> = {
  append: "970105cd03e804c40c010000000005000000000009cd03e7ce00011170",
  "append, a heartbeat": "9701cb42efffffffffffc00000c4000000",
  "append-reply": "980205c3cd03e90000ce0001117000",
  "append-reply, a refusal": "980205c2cd03e811030100",
  vote: "950306cb427000000000000005c2",
  "vote-reply": "940406c300",
  "pre-vote": "9405060c05",
  "pre-vote-reply": "940605c200",
  "request kv.write set": "9307cd012c970100c4067765622fc3a9c40300ff072a07a0",
  "request catalog.register-node":
    "9307cd012c9602d92430663065306430632d306230612d343930382d383730362d303530343033303230313030a55765622d31a831302e302e302e319292a36c616ea831302e302e302e3192a377616ea7312e322e332e349192a2c3a9a0",
  "request catalog.deregister-node": "9307cd012c9203a55765622d31",
  "request catalog.register":
    "9307cd012c9909a0a16ea831302e302e302e31c0c0c39ba0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c2929ba16ea163a143a770617373696e67a0a466696e65a57765622d31a377656292a27631a2c3a9a468747470dc0012a8687474703a2f2f78c39192a16192a162a163a3474554a0a0cb4202a05f20000000cd1000cb43b0000000000000ff91a27368a0a0a0c2a0a0009ba16eaa736572664865616c7468a143a770617373696e67a0a466696e65a0a090a0c0",
  "request catalog.deregister": "9307cd012c940aa16ea57765622d31a0",
  "request session.create":
    "9307cd012c9a0bd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a46c6f636ba16ecb420bf08eb0000000a664656c657465a331307391aa736572664865616c74689192a173a091a163",
  "request session.destroy":
    "9307cd012c920cd92430313233616263642d303030302d313131312d323232322d333333333434343435353535",
  "request query.set":
    "9307cd012c93cc90c297d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a467656f2dd92436363636616263642d303030302d313131312d323232322d333333333434343435353535a17493b16e616d655f7072656669785f6d61746368aa5e67656f2d282e2a2924c399a3776562920292a3646332a3646333c391a27570a65f6167656e7492a27631a4216f6c649192a47261636ba1319192a161a162c391a3313073",
  "request intention.set":
    "9307cd012c93ccb0c29dd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345a",
  "request intention.delete":
    "9307cd012c92ccb1d92430313233616263642d303030302d313131312d323232322d333333333434343435353535",
  "request intention.upsert":
    "9307cd012c92ccbe9dd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345a",
  "request intention.delete-exact": "9307cd012c93ccbf92a764656661756c74a377656292a764656661756c74a12a",
  "request query.delete":
    "9307cd012c92cc91d92430313233616263642d303030302d313131312d323232322d333333333434343435353535",
  "request txn.apply of nothing": "9307cd012c921c90",
  "request autopilot.set": "9307cd012c930598c3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a0c0",
  "request config.set":
    "9307cd012c93cc88920398b0736572766963652d7265736f6c766572a3776562a276319192a2763192ba536572766963652e4d6574612e76657273696f6e203d3d207631c3c09192a12a94a0a0a091a3646332cb41f2a05f200000009192a161a162c0",
  "request config.delete": "9307cd012c93cc8904a3776562",
  "request config.delete-cas": "9307cd012c94ccbd04a377656207",
  "request kv.get": "9307cd012c9320c4067765622fc3a993000000",
  "request kv.list": "9307cd012c9321c4067765622fc3a99302cb41f0000000000000cb4097720000000000",
  "request kv.keys": "9307cd012c9422c4067765622fc3a9c4012f93000000",
  "request catalog.nodes": "9307cd012c94239192a47261636ba131930105ce000493e0c0",
  "request catalog.nodes near one": "9307cd012c94239093000000a16e",
  "request catalog.nodes by a filter": "9307cd012c95239093000000c0c4024eff",
  "request health.node by a filter": "9307cd012c9444a16e93000000c4024eff",
  "request coordinate.update":
    "9307cd012c9470a16ea09498cb3fe0000000000000ff0000000000cb3e112e0be826d695cb3ff8000000000000cbbfd0000000000000cb3ee4f8b588e368f1",
  "request coordinate.nodes": "9307cd012c9371c093000000",
  "request coordinate.nodes of a segment": "9307cd012c9371a5616c70686193000000",
  "request config.list": "9307cd012c94cc8a04a377656293000000",
  "request config.resolve": "9307cd012c94ccb9a377656292a161a1629302cb41f0000000000000cb4097720000000000",
  "request config.list with a filter": "9307cd012c95cc8a00c093000000c4094b696e6420213d2078",
  "request intention.get-exact": "9307cd012c94ccc092a764656661756c74a377656292a764656661756c74a12a93000000",
  "request internal.overview": "9307cd012c92ccbb93000000",
  "request catalog.gateway-services": "9307cd012c93cc8ba267779302cb41f0000000000000cb4097720000000000",
  "request operator.usage": "9307cd012c92ccb893000000",
  "request health.ingress": "9307cd012c96cc8ca377656290c393000000c0",
  "request catalog.address": "9307cd012c93cca0a831302e302e302e3193000000",
  "request coordinate.node": "9307cd012c9372a16e93000000",
  "request coordinate.datacenters": "9307cd012c9173",
  "request catalog.services": "9307cd012c93409093000000",
  "request catalog.service-nodes":
    "9307cd012c9741a3776562c291a276319192a47261636ba1319302cb41f0000000000000cb4097720000000000c0",
  "request catalog.node": "9307cd012c9342a16e93000000",
  "request health.service": "9307cd012c9843a3776562c291a276319192a47261636ba131c393000000c0",
  "request health.node": "9307cd012c9344a16e93000000",
  "request health.checks": "9307cd012c9545a37765629192a47261636ba13193000000c0",
  "request health.state": "9307cd012c9546a3616e799093000000c0",
  "request session.info":
    "9307cd012c9354d92430313233616263642d303030302d313131312d323232322d3333333334343434353535359302cb41f0000000000000cb4097720000000000",
  "request session.node": "9307cd012c9355a16e93000000",
  "request session.list": "9307cd012c925693000000",
  "request query.get":
    "9307cd012c93cc92d92430313233616263642d303030302d313131312d323232322d3333333334343434353535359302cb41f0000000000000cb4097720000000000",
  "request intention.list": "9307cd012c92ccb293000000",
  "request intention.get":
    "9307cd012c93ccb3d92430313233616263642d303030302d313131312d323232322d3333333334343434353535359302cb41f0000000000000cb4097720000000000",
  "request intention.match":
    "9307cd012c94ccb4019192a764656661756c74a264629302cb41f0000000000000cb4097720000000000",
  "request query.list": "9307cd012c92cc9393000000",
  "request query.explain": "9307cd012c93cc94a567656f2d7893000000",
  "request query.execute": "9307cd012c98cc95a567656f2d7803c2a16ea831302e302e302e31a16193000000",
  "request query.execute-remote":
    "9307cd012c95cc9697d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a467656f2dd92436363636616263642d303030302d313131312d323232322d333333333434343435353535a17493b16e616d655f7072656669785f6d61746368aa5e67656f2d282e2a2924c399a3776562920292a3646332a3646333c391a27570a65f6167656e7492a27631a4216f6c649192a47261636ba1319192a161a162c391a331307303c393000000",
  "request session.renew":
    "9307cd012c9357d92430313233616263642d303030302d313131312d323232322d33333333343434343535353593000000",
  "request event.fire": "9307cd012c9350a66465706c6f79c4027b7d",
  "request status.leader": "9307cd012c9124",
  "request status.peers": "9307cd012c9125",
  "request of another datacenter": "9407cd012c9125a3646332",
  "request catalog.datacenters": "9307cd012c9128",
  "request status.raft": "9307cd012c9127",
  "request operator.raft-configuration": "9307cd012c9226c3",
  "request operator.autopilot-configuration": "9307cd012c923093000000",
  "request operator.autopilot-health": "9307cd012c9131",
  "request operator.remove-peer": "9307cd012c933201ad31302e302e302e313a38333030",
  "request operator.transfer-leader": "9307cd012c9233a169",
  "request snapshot.open": "9307cd012c923493000000",
  "request snapshot.read": "9307cd012c933503ce00040000",
  "request restore.open": "9307cd012c9136",
  "request restore.push": "9307cd012c94370401c4021f8b",
  "request restore.finish": "9307cd012c923804",
  "response kv.pairs":
    "9308cd012c93c392019197c4067765622fc3a9c40200ffcfffffffffffffffffa173010acd012c93cd012cc300",
  "response kv.keys": "9308cd012c93c3920291c4067765622fc3a99301c2cd0be8",
  "response applied": "9308cd012c93c39203c2c0",
  "response services": "9308cd012c93c392209192a377656291a27631c0",
  "response service-nodes":
    "9308cd012c93c39221919298a169a16ea831302e302e302e31a3646331c0c003049ea16e0506a0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c2c0",
  "response node-services":
    "9308cd012c93c3932298a169a16ea831302e302e302e31a3646331c0c00304919ea16e0506a0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c2c0",
  "response node-services of no node": "9308cd012c93c39322c090c0",
  "response health":
    "9308cd012c93c39223919398a169a16ea831302e302e302e31a3646331c0c003049ea16e0506a0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c2919d0506a16eaa736572664865616c7468a143a770617373696e67a0a466696e65a0a090a0c0c0",
  "response address-owner": "9308cd012c93c393cca0a16ea0c0",
  "response checks":
    "9308cd012c93c39224919d0506a16eaa736572664865616c7468a143a770617373696e67a0a466696e65a0a090a0c0c0",
  "response sessions":
    "9308cd012c93c39248919bd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a46c6f636ba16ecb420bf08eb000000001a331307391aa736572664865616c74689192a173a0050691a163c0",
  "response config-entries":
    "9308cd012c93c392609192920506920398b0736572766963652d7265736f6c766572a3776562a276319192a2763192ba536572766963652e4d6574612e76657273696f6e203d3d207631c3c09192a12a94a0a0a091a3646332cb41f2a05f200000009192a161a162c0",
  "response overview": "9308cd012c93c392ccbc939195a0030101019195a37765620202000090c0",
  "response service-config":
    "9308cd012c93c392ccba949501a16101a870726f746f636f6ca4687474709192a1629301a870726f746f636f6ca374637091a56c6f63616c92c3c0c0",
  "response gateway-services":
    "9308cd012c93c39261919da26777a3776562af696e67726573732d6761746577617950a46874747091a92a2e6578616d706c65a0a0a0a0c30506c0",
  "response usage": "9308cd012c93c392ccb895cd012c020392000101c0",
  "request txn.read": "9307cd012c9378919701a3636173c4067765622fc3a9c40300ff072a07a093000000",
  "response txn":
    "9308cd012c93c3935a94920197c4067765622fc3a9c4067765622fc3a907a1730102cd012c920298a169a16ea831302e302e302e31a3646331c0c0030492039ea16e0506a0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c292049d0506a16eaa736572664865616c7468a143a770617373696e67a0a466696e65a0a090a0c0919203c4067765622fc3a9c0",
  "response session-created":
    "9308cd012c93c39249d92430313233616263642d303030302d313131312d323232322d333333333434343435353535c0",
  "response queries":
    "9308cd012c93c392cc9091990506d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a467656f2dd92436363636616263642d303030302d313131312d323232322d333333333434343435353535a17493b16e616d655f7072656669785f6d61746368aa5e67656f2d282e2a2924c399a3776562920292a3646332a3646333c391a27570a65f6167656e7492a27631a4216f6c649192a47261636ba1319192a161a162c391a3313073c0",
  "response query-explained":
    "9308cd012c93c392cc91990506d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a467656f2dd92436363636616263642d303030302d313131312d323232322d333333333434343435353535a17493b16e616d655f7072656669785f6d61746368aa5e67656f2d282e2a2924c399a3776562920292a3646332a3646333c391a27570a65f6167656e7492a27631a4216f6c649192a47261636ba1319192a161a162c391a3313073c0",
  "response query-result": "9308cd012c93c392cc9295a377656290a3313073a364633201c0",
  "response intentions":
    "9308cd012c93c392ccb0919f0506d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345ac0",
  "response intention-matches":
    "9308cd012c93c392ccb192919f0506d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345a90c0",
  "response intention-set":
    "9308cd012c93c392ccb2d92430313233616263642d303030302d313131312d323232322d333333333434343435353535c0",
  "response query-set":
    "9308cd012c93c392cc93d92430313233616263642d303030302d313131312d323232322d333333333434343435353535c0",
  "response nodes": "9308cd012c93c392049198a0a16ea831302e302e302e32a3646331c09192a161a16208099309c30c",
  "response coordinates":
    "9308cd012c93c392309193a16ea09498cb3fe0000000000000ff0000000000cb3e112e0be826d695cb3ff8000000000000cbbfd0000000000000cb3ee4f8b588e368f1c0",
  "response coordinate-datacenters":
    "9308cd012c93c392319193a3646331a377616e9193a16ea09498cb3fe0000000000000ff0000000000cb3e112e0be826d695cb3ff8000000000000cbbfd0000000000000cb3ee4f8b588e368f1c0",
  "response leader": "9308cd012c93c39205ad31302e302e302e313a38333030c0",
  "response datacenters": "9308cd012c93c3920992a3646331a3646332c0",
  "response peers": "9308cd012c93c3920691ad31302e302e302e313a38333030c0",
  "response raft-configuration": "9308cd012c93c393079195a169a27331ad31302e302e302e313a38333030c3c301c0",
  "response autopilot-configuration":
    "9308cd012c93c392109ac3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a00506c0",
  "response autopilot-health":
    "9308cd012c93c3921193c301919ca169a27331ad31302e302e302e313a3833303000a5312e382e37c3c3cb3ff800000000000003cd012cc3ce00011170c0",
  "response archive-opened": "9308cd012c93c39312a16903c0",
  "response archive-piece": "9308cd012c93c39313c4021f8bc3c0",
  "response archive-received": "9308cd012c93c39314cd012cc2c0",
  "response archive-restored": "9308cd012c93c39215c3c0",
  "response done": "9308cd012c93c39116c0",
  "response raft status": "9308cd012c93c392089603ce000111700200cefffffffe91a169c0",
  "response error bad-request": "9308cd012c92c29200a3776879",
  "response error not-found": "9308cd012c92c29201a3776879",
  "response error too-large": "9308cd012c92c29202a3776879",
  "response error no-leader": "9308cd012c92c29203a3776879",
  "response error no-servers": "9308cd012c92c29204a3776879",
  "response error no-datacenter": "9308cd012c92c29205a3776879",
  "response error leadership-lost": "9308cd012c92c29206a3776879",
  "response error not-leader": "9308cd012c92c29207a3776879",
  "response error connection-lost": "9308cd012c92c29208a3776879",
  "response error storage-failed": "9308cd012c92c29209a3776879",
  "response error refused": "9308cd012c92c2920aa3776879",
  "response error rate-limited": "9308cd012c92c2920ba3776879",
  cancel: "9209cd012c",
  snapshot: "9a0a05cd03e804c4025b5d07ce000493e0ce00040000c40301020309",
  "snapshot-reply": "970b05cd03e804ce0004000009ceffffffff",
  "timeout-now": "920c05",
  "read-index": "930d05ce00100001",
  "read-index-reply": "940e05ce00100001cd012c",
};

/** As releases wrote them that knew of no transfer, no identity and no `near`. */
const OLDER: Readonly<Record<string, string>> = {
  "append-reply": "970205c3cd03e90000ce00011170",
  "append-reply, a refusal": "970205c2cd03e8110301",
  vote: "940306cb427000000000000005",
  "vote-reply": "930406c3",
  "pre-vote-reply": "930605c2",
  "request catalog.nodes": "9307cd012c93239192a47261636ba131930105ce000493e0",
  "request catalog.nodes near one": "9307cd012c94239093000000a16e",
};

describe("a message's bytes are agreed upon", () => {
  test.each(RPC_EXAMPLES)("%s", (name, message) => {
    expect(hexOf(encodeRpc(message))).toBe(GOLDEN[name]);
    const decoded = decodeRpc(unhex(GOLDEN[name] ?? ""));
    expect(decoded.ok && equalPlain(decoded.value, message)).toBe(true);
  });

  test.each(RPC_EXAMPLES.filter(([name]) => name in OLDER))("%s of an older release", (name, message) => {
    const decoded = decodeRpc(unhex(OLDER[name] ?? ""));
    expect(decoded.ok && equalPlain(decoded.value, message)).toBe(true);
  });

  test("and every kind of message, request, answer and error has its line", () => {
    expect(Object.keys(GOLDEN)).toEqual(RPC_EXAMPLES.map(([name]) => name));
    const types = ["append", "append-reply", "cancel", "pre-vote", "pre-vote-reply", "request", "response"];
    const snapshots = ["snapshot", "snapshot-reply", "timeout-now"];
    const reads = ["read-index", "read-index-reply"];
    const all = [...types, ...snapshots, ...reads, "vote", "vote-reply"];
    expect(seen(({ type }) => type)).toEqual(all.sort());
    expect(seen((message) => (message.type === "request" ? message.request.kind : ""))).toEqual([
      "",
      "autopilot.set",
      "catalog.address",
      "catalog.datacenters",
      "catalog.deregister",
      "catalog.deregister-node",
      "catalog.gateway-services",
      "catalog.node",
      "catalog.nodes",
      "catalog.register",
      "catalog.register-node",
      "catalog.service-nodes",
      "catalog.services",
      "config.delete",
      "config.delete-cas",
      "config.list",
      "config.resolve",
      "config.set",
      "coordinate.datacenters",
      "coordinate.node",
      "coordinate.nodes",
      "coordinate.update",
      "event.fire",
      "health.checks",
      "health.ingress",
      "health.node",
      "health.service",
      "health.state",
      "intention.delete",
      "intention.delete-exact",
      "intention.get",
      "intention.get-exact",
      "intention.list",
      "intention.match",
      "intention.set",
      "intention.upsert",
      "internal.overview",
      "kv.get",
      "kv.keys",
      "kv.list",
      "kv.write",
      "operator.autopilot-configuration",
      "operator.autopilot-health",
      "operator.raft-configuration",
      "operator.remove-peer",
      "operator.transfer-leader",
      "operator.usage",
      "query.delete",
      "query.execute",
      "query.execute-remote",
      "query.explain",
      "query.get",
      "query.list",
      "query.set",
      "restore.finish",
      "restore.open",
      "restore.push",
      "session.create",
      "session.destroy",
      "session.info",
      "session.list",
      "session.node",
      "session.renew",
      "snapshot.open",
      "snapshot.read",
      "status.leader",
      "status.peers",
      "status.raft",
      "txn.apply",
      "txn.read",
    ]);
    expect(
      seen((message) =>
        message.type === "response" && message.response.ok ? message.response.body.kind : "",
      ),
    ).toEqual([
      "",
      "address-owner",
      "applied",
      "archive-opened",
      "archive-piece",
      "archive-received",
      "archive-restored",
      "autopilot-configuration",
      "autopilot-health",
      "checks",
      "config-entries",
      "coordinate-datacenters",
      "coordinates",
      "datacenters",
      "done",
      "gateway-services",
      "health",
      "intention-matches",
      "intention-set",
      "intentions",
      "kv.keys",
      "kv.pairs",
      "leader",
      "node-services",
      "nodes",
      "overview",
      "peers",
      "queries",
      "query-explained",
      "query-result",
      "query-set",
      "raft-configuration",
      "raft-status",
      "service-config",
      "service-nodes",
      "services",
      "session-created",
      "sessions",
      "txn",
      "usage",
    ]);
    const codes = seen((message) =>
      message.type === "response" && !message.response.ok ? message.response.error.code : "",
    );
    expect(codes).toEqual(["", ...Object.keys(ERROR_STATUS).sort()]);
  });
});

function seen(what: (message: RpcMessage) => string): string[] {
  return [...new Set(RPC_EXAMPLES.map(([, message]) => what(message)))].sort();
}

test("a message comes back as it was sent, whatever it holds", () => {
  fc.assert(
    fc.property(anyRpc, (message) => {
      const decoded = decodeRpc(encodeRpc(message));
      expect(decoded.ok && equalPlain(decoded.value, message)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe("bytes that are no message are an error in words", () => {
  test("whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decodeRpc(bytes);
        if (!decoded.ok) expect(decoded.error).not.toBe("");
      }),
      { numRuns: 1000 },
    );
  });

  test("where a message was cut short", () => {
    for (const [, message] of RPC_EXAMPLES) {
      const bytes = encodeRpc(message).slice();
      for (let length = 0; length < bytes.length; length++)
        expect(decodeRpc(bytes.subarray(0, length)).ok).toBe(false);
    }
  });

  test("and a message with one byte changed is an error, or another message that can be sent", () => {
    const change = fc.record({
      which: fc.nat(RPC_EXAMPLES.length - 1),
      at: fc.nat(200),
      byte: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(change, ({ which, at, byte }) => {
        const example = RPC_EXAMPLES[which]?.[1] as RpcMessage;
        const bytes = encodeRpc(example).slice();
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ byte;
        const decoded = decodeRpc(bytes);
        if (!decoded.ok) {
          expect(decoded.error).not.toBe("");
          return;
        }
        const again = decodeRpc(encodeRpc(decoded.value));
        expect(again.ok && equalPlain(again.value, decoded.value)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["of an unknown type", "9163", "value is not a known type"],
    ["that is a map", "80", "value is not a known type"],
    [
      "of the last term, which leaves no room for another election",
      "9304cb42efffffffffffe0c3",
      "term is not at most 281474976710654",
    ],
    ["with a term of half", "9304cb3fe0000000000000c3", "term is not a whole number"],
    ["with a negative index", "940306ff05", "lastLogIndex is not a whole number"],
    [
      "with a wait that is no number",
      "9307cd012c9320c401619300" + "00cb7ff8000000000000",
      "request.options.waitMs is not an amount",
    ],
    [
      "with a wait without end",
      "9307cd012c9320c401619300" + "00cb7ff0000000000000",
      "request.options.waitMs is not an amount",
    ],
    ["with an unknown request", "9307019163", "request is not a known kind"],
    [
      "that replicates a command which only a leader may think of",
      "930701920401",
      "request is not a known kind",
    ],
    [
      "with an unknown error",
      "9308cd012c92c29263a3776879",
      `response.error.code is not one of ${Object.keys(ERROR_STATUS).join(", ")}`,
    ],
    ["with an answer that is none", "930801c0", "response is not an answer"],
  ])("%s", (_name, hex, error) => {
    const decoded = decodeRpc(unhex(hex));
    expect(decoded.ok ? undefined : decoded.error).toBe(error);
  });

  test("however deep they are nested", () => {
    const deep = new Uint8Array(1_000_000).fill(0x91);
    expect(decodeRpc(deep).ok).toBe(false);
  });

  test("and a count that no frame could hold allocates nothing of that size", () => {
    expect(decodeRpc(unhex("ddffffffff01")).ok).toBe(false);
    expect(decodeRpc(unhex("9307cd012c9320c6ffffffff00")).ok).toBe(false);
    expect(decodeRpc(unhex("dfffffffff01")).ok).toBe(false);
  });
});

describe("an answer too long for a frame", () => {
  const listing = (bytes: number): Response => ({
    ok: true,
    body: { kind: "kv.keys", keys: [byteStringOf(new Uint8Array(bytes))] },
    meta: { index: 7, knownLeader: true, lastContactMs: 0 },
  });

  test("becomes an error under the same number, that says how long it was", () => {
    const bytes = encodeRpc({ type: "response", seq: 77, response: listing(RPC_MAX_FRAME_BYTES) });
    expect(bytes.length).toBeLessThan(300);
    const decoded = decodeRpc(bytes);
    expect(decoded.ok && decoded.value).toMatchObject({
      type: "response",
      seq: 77,
      response: { ok: false, error: { code: "refused" } },
    });
    expect(decoded.ok && JSON.stringify(decoded.value)).toContain("too long to be passed on");
  });

  test("and one that just fits is sent as it is", () => {
    const overhead = encodeRpc({ type: "response", seq: 77, response: listing(100_000) }).length - 100_000;
    const response = listing(RPC_MAX_FRAME_BYTES - overhead);
    expect(encodeRpc({ type: "response", seq: 77, response }).length).toBe(RPC_MAX_FRAME_BYTES);
  });
});

describe("a hello", () => {
  const HELLO: RpcHello = {
    version: RPC_VERSION,
    nodeId: "0f0e0d0c-0b0a-4908-8706-050403020100",
    nodeName: "s1",
    datacenter: "dc1",
  };

  test("has golden bytes, after a byte that Consul gives no meaning", () => {
    expect(RPC_FIRST_BYTE).toBe(0x51);
    expect(hexOf(encodeHello(HELLO))).toBe(
      "9401d92430663065306430632d306230612d343930382d383730362d303530343033303230313030a27331a3646331",
    );
    expect(decodeHello(encodeHello(HELLO))).toEqual({ ok: true, value: HELLO });
  });

  test("of a later version, with more fields, is understood as far as we know it", () => {
    const more = Uint8Array.of(0x96, 2, ...encodeHello(HELLO).subarray(2), 0xc3, 0xc0);
    expect(decodeHello(more)).toEqual({ ok: true, value: { ...HELLO, version: 2 } });
  });

  test.each(["nodeId", "nodeName", "datacenter"] as const)("has a %s of 1 to 255 characters", (field) => {
    for (const [length, ok] of [
      [0, false],
      [1, true],
      [255, true],
      [256, false],
    ] as const)
      expect(decodeHello(encodeHello({ ...HELLO, [field]: "x".repeat(length) })).ok).toBe(ok);
  });

  test("fits into what is read before it, however long its names", () => {
    const long = "\uffff".repeat(255);
    const bytes = encodeHello({ version: 2 ** 53 - 1, nodeId: long, nodeName: long, datacenter: long });
    expect(bytes.length).toBeLessThanOrEqual(RPC_MAX_HELLO_BYTES);
  });

  test("that is garbage is an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(typeof decodeHello(bytes).ok).toBe("boolean");
      }),
    );
    const bytes = encodeHello(HELLO).slice();
    for (let length = 0; length < bytes.length; length++)
      expect(decodeHello(bytes.subarray(0, length)).ok).toBe(false);
  });
});
