// The commands in the log, byte for byte: logs are read by every later release.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KvWrite } from "../../../src/core/api/request.ts";
import { hexOf, utf8 } from "../../../src/core/lib/bytes.ts";
import { equalPlain } from "../../../src/core/lib/plain.ts";
import { ENTRY_HEADER_BYTES } from "../../../src/core/raft/entry.ts";
import {
  COMMAND_VARIANTS,
  decodeCommand,
  encodeCommand,
  MAX_COMMAND_BYTES,
} from "../../../src/core/wire/command.ts";
import { encodeRpc, RPC_MAX_FRAME_BYTES } from "../../../src/core/wire/rpc.ts";
import { anyCommand, COMMAND_EXAMPLES, unhex } from "./examples.ts";

/** A line may be added and never changed: it would make the logs of the release before unreadable. */
const GOLDEN: Readonly<Record<string, string>> = {
  "kv.write set": "970100c4067765622fc3a9c40300ff072a07a0",
  "kv.write cas": "970101c4067765622fc3a9c40300ff072a07a0",
  "kv.write lock": "970102c4067765622fc3a9c40300ff072a07a0",
  "kv.write unlock": "970103c4067765622fc3a9c40300ff072a07a0",
  "kv.write delete": "970104c4067765622fc3a9c4002a07a0",
  "kv.write delete-cas": "970105c4067765622fc3a9c4002a07a0",
  "kv.write delete-tree": "970106c4067765622fc3a9c4002a07a0",
  "kv.write with 64-bit numbers":
    "970102c4067765622fc3a9c400cfffffffffffffffffd30020000000000000d92431313131313131312d323232322d333333332d343434342d353535353535353535353535",
  "catalog.register-node":
    "9602d92430663065306430632d306230612d343930382d383730362d303530343033303230313030a55765622d31a831302e302e302e319292a36c616ea831302e302e302e3192a377616ea7312e322e332e349192a2c3a9a0",
  "catalog.register-node with next to nothing": "9602a0a16ea33a3a31c090",
  "catalog.deregister-node": "9203a55765622d31",
  "catalog.register":
    "9909a0a16ea831302e302e302e31c0c0c39ba0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c2929ba16ea163a143a770617373696e67a0a466696e65a57765622d31a377656292a27631a2c3a9a468747470dc0012a8687474703a2f2f78c39192a16192a162a163a3474554a0a0cb4202a05f20000000cd1000cb43b0000000000000ff91a27368a0a0a0c2a0a0009ba16eaa736572664865616c7468a143a770617373696e67a0a466696e65a0a090a0c0",
  "catalog.register with a node alone": "9909a169a16ea33a3a319090c2c090",
  "catalog.deregister": "940aa16ea57765622d31a0",
  "session.create":
    "9a0bd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a46c6f636ba16ecb420bf08eb0000000a664656c657465a331307391aa736572664865616c74689192a173a091a163",
  "session.create with next to nothing":
    "9a0bd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a46c6f636ba16ecbc3c4d1120d7b1600a0a3313073c0c090",
  "session.destroy": "920cd92430313233616263642d303030302d313131312d323232322d333333333434343435353535",
  "query.set":
    "93cc90c297d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a467656f2dd92436363636616263642d303030302d313131312d323232322d333333333434343435353535a17493b16e616d655f7072656669785f6d61746368aa5e67656f2d282e2a2924c399a3776562920292a3646332a3646333c391a27570a65f6167656e7492a27631a4216f6c649192a47261636ba1319192a161a162c391a3313073",
  "intention.set":
    "93ccb0c29dd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345a",
  "intention.delete": "92ccb1d92430313233616263642d303030302d313131312d323232322d333333333434343435353535",
  "intention.upsert":
    "92ccbe9dd92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345a",
  "intention.delete-exact": "93ccbf92a764656661756c74a377656292a764656661756c74a12a",
  "query.set of next to nothing": "93cc90c397a0a0a0a093a0a0c299a09200c0c2c0a0c0c0c0c291a0",
  "query.delete": "92cc91d92430313233616263642d303030302d313131312d323232322d333333333434343435353535",
  "kv.reap-lock-delays": "920d07",
  "kv.reap-tombstones": "9204cb433fffffffffffff",
  "txn.apply":
    "921c949701a3636173c4067765622fc3a9c40300ff072a07a09802a373657400a169a16ea831302e302e302e31c09192a47261636ba1319503a664656c657465cd012ca16e9ba0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c29404a86e6f6e73656e7365cfffffffffffffffff9ba16ea163a143a770617373696e67a0a466696e65a57765622d31a377656292a27631a2c3a9a468747470dc0012a8687474703a2f2f78c39192a16192a162a163a3474554a0a0cb4202a05f20000000cd1000cb43b0000000000000ff91a27368a0a0a0c2a0a000",
  "txn.apply of nothing": "921c90",
  "autopilot.set": "930598c3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a0c0",
  "autopilot.set with cas": "930598c3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a007",
  "config.set":
    "93cc88920398b0736572766963652d7265736f6c766572a3776562a276319192a2763192ba536572766963652e4d6574612e76657273696f6e203d3d207631c3c09192a12a94a0a0a091a3646332cb41f2a05f200000009192a161a162c0",
  "config.set with cas":
    "93cc88920196ae70726f78792d64656661756c7473a6676c6f62616c9501a1619400cb3ff8000000000000c0c3a1629301a163a16491a56c6f63616c92c3c0c007",
  "config.delete": "93cc8904a3776562",
  "config.delete-cas": "94ccbd04a377656207",
  "coordinate.batch-update":
    "92189193a16ea5616c7068619498cb3fe0000000000000ff0000000000cb3e112e0be826d695cb3ff8000000000000cbbfd0000000000000cb3ee4f8b588e368f1",
  "restore.begin": "9206a6332e31372e31",
  "restore.part":
    "9407a6332e31372e3102c47c959197c4067765622fc3a9c401762aa1730102cd012c9192c404676f6e65099198a169a16ea161a3646331c09192a161a1620102919aa173a46c6f636ba16ecb420bf08eb000000001a331307391aa736572664865616c74689192a163a003049ac3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a00506",
  "restore.part of today":
    "9407a6332e31372e3102c5025f9c9197c4067765622fc3a9c401762aa1730102cd012c9192c404676f6e65099198a169a16ea161a3646331c09192a161a1620102919ba173a46c6f636ba16ecb420bf08eb000000001a331307391aa736572664865616c74689192a163a00304909ac3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a00506919ea16e0506a0a57765622d31a377656292a27631a2c3a9a831302e302e302e379192a36c616e92a831302e302e302e38519192a161a16250920a01c3c29192a377656207919d0506a16eaa736572664865616c7468a143a770617373696e67a0a466696e65a0a090a0c09193a16ea09498cb3fe0000000000000ff0000000000cb3e112e0be826d695cb3ff8000000000000cbbfd0000000000000cb3ee4f8b588e368f191990506d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a467656f2dd92436363636616263642d303030302d313131312d323232322d333333333434343435353535a17493b16e616d655f7072656669785f6d61746368aa5e67656f2d282e2a2924c399a3776562920292a3646332a3646333c391a27570a65f6167656e7492a27631a4216f6c649192a47261636ba1319192a161a162c391a331307390919f0506d92430313233616263642d303030302d313131312d323232322d333333333434343435353535a164a764656661756c74a3776562a764656661756c74a26462a6636f6e73756ca464656e79a161059192a161a162be323032362d31312d32325430323a33373a31342e3339363739393435345ab4323032362d31312d32325430323a33373a31345a",
  "restore.end": "9508a6332e31372e3103cb43300000000000009292a26b76cd012c92a56e6f64657307",
};

/** What only leaders put into the log. */
const OWN = [
  "kv.reap-lock-delays",
  "kv.reap-tombstones",
  "coordinate.batch-update",
  "restore.begin",
  "restore.part",
  "restore.end",
];

describe("a command's bytes are for ever", () => {
  test.each(COMMAND_EXAMPLES)("%s", (name, command) => {
    expect(hexOf(encodeCommand(command))).toBe(GOLDEN[name]);
    const decoded = decodeCommand(unhex(GOLDEN[name] ?? ""));
    expect(decoded.ok && equalPlain(decoded.value, command)).toBe(true);
  });

  test("and every kind has its line", () => {
    expect(Object.keys(GOLDEN)).toEqual(COMMAND_EXAMPLES.map(([name]) => name));
    const kinds = new Set(COMMAND_EXAMPLES.map(([, { kind }]) => kind));
    expect([...kinds].sort()).toEqual([...Object.keys(COMMAND_VARIANTS), ...OWN].sort());
  });
});

test("a command comes back as it was written, whatever it holds", () => {
  fc.assert(
    fc.property(anyCommand, (command) => {
      const decoded = decodeCommand(encodeCommand(command));
      expect(decoded.ok && equalPlain(decoded.value, command)).toBe(true);
    }),
  );
});

test("its bytes do not depend on the order in which its fields were set", () => {
  fc.assert(
    fc.property(anyCommand, (command) => {
      const reversed = Object.fromEntries(Object.entries(command).reverse()) as typeof command;
      expect(hexOf(encodeCommand(reversed))).toBe(hexOf(encodeCommand(command)));
    }),
  );
});

describe("bytes that are no command are an error in words", () => {
  test("whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeCommand(bytes);
        if (!decoded.ok) expect(decoded.error).not.toBe("");
      }),
      { numRuns: 1000 },
    );
  });

  test("where a command was cut short", () => {
    for (const [, command] of COMMAND_EXAMPLES) {
      const bytes = encodeCommand(command).slice();
      for (let length = 0; length < bytes.length; length++)
        expect(decodeCommand(bytes.subarray(0, length)).ok).toBe(false);
    }
  });

  test("or goes on", () => {
    for (const [, command] of COMMAND_EXAMPLES)
      expect(decodeCommand(Uint8Array.of(...encodeCommand(command), 0)).ok).toBe(false);
  });

  test.each([
    ["", "value is not a known kind"],
    ["c0", "value is not a known kind"],
    ["91cc63", "value is not a known kind"],
    ["9203c0", "node is not text"],
    ["9204ff", "upToIndex is not a whole number"],
    ["9204cb3ff8000000000000", "upToIndex is not a whole number"],
    ["9204cf0020000000000000", "upToIndex is not a whole number"],
    ["970107c40161c4000000a0", "verb is not one of set, cas, lock, unlock, delete, delete-cas, delete-tree"],
    ["970100a161c4000000a0", "key is not bytes"],
    ["970100c40161c400ff00a0", "flags is not a whole number"],
    ["9602a0a16ea33a3a31c091c0", "meta[0] is not a pair"],
    ["9602a0a16ea33a3a31c09193a0a0a0", "meta[0] is not a pair"],
    ["9602a0a16ea33a3a31c09192a001", "meta[0][1] is not text"],
  ])("%s: %s", (hex, error) => {
    expect(decodeCommand(unhex(hex))).toEqual({ ok: false, error });
  });
});

test("the longest command that may enter the log fits into a message between servers, with room to spare", () => {
  const write: KvWrite = {
    kind: "kv.write",
    verb: "set",
    key: utf8("k"),
    value: new Uint8Array(MAX_COMMAND_BYTES),
    flags: 0,
    index: 0,
    session: "",
  };
  const entries = new Uint8Array(ENTRY_HEADER_BYTES + encodeCommand(write).length);
  const last = Number.MAX_SAFE_INTEGER;
  const rest = { prevLogIndex: last, prevLogTerm: last, leaderCommit: last, round: last };
  const message = encodeRpc({ type: "append", term: last, ...rest, entries });
  expect(message.length).toBeLessThan(RPC_MAX_FRAME_BYTES);
});
