// Asks the original's DNS and ours the same questions, and compares what they say: headers, sections, sizes, and where no
// order is left to chance the very bytes. Two datacenters and an agent by itself of each, with the same catalog and settings.
// What differs by intent stands in compare/dns-intended.ts and in docs/compatibility.md; anything else ends the script
// with 1. Takes half a minute.
//
//   npx tsx scripts/compare-dns.ts                   all
//   npx tsx scripts/compare-dns.ts --only TEXT       only the questions that contain TEXT
//   npx tsx scripts/compare-dns.ts --quorate FILE    another build of ours than dist/quorate.js
//   npx tsx scripts/compare-dns.ts --consul PATH     another program of the original than the one on the PATH

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "../test/support/children.ts";
import { askTcp, askUdp, readDns } from "../test/support/dns.ts";
import { freePort, loopbackIps } from "../test/support/loopback.ts";
import { type DnsAgent, SETUPS, type Setup, startDnsAgents } from "./compare/dns-agents.ts";
import { INTENDED_DNS } from "./compare/dns-intended.ts";
import { type DnsQuestion, QUESTIONS } from "./compare/dns-questions.ts";
import { startRecursor } from "./compare/dns-recursor.ts";
import { readOptions } from "./options.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs/compatibility.md");
/** How long nothing must come before an agent counts as silent. */
const SILENCE_MS = 1_500;
/** Questions under way at a time. */
const AT_ONCE = 8;

async function say(question: DnsQuestion, { ip, dns: port }: DnsAgent): Promise<string> {
  const { over, bytes } = question;
  const answer =
    over === "udp"
      ? await askUdp({ ip, port }, bytes, SILENCE_MS)
      : (await askTcp({ ip, port }, [bytes], SILENCE_MS))[0];
  return answer === undefined ? "(nothing)" : textOf(answer);
}

/** All that a client sees; records in one order, and of many instances what is the same of all. */
function textOf(bytes: Buffer): string {
  if (bytes.length === 12) return bytes.toString("hex");
  const { header, question, answers, authority, additional, edns } = readDns(bytes);
  const section = (name: string, lines: readonly string[]): string[] => [
    `${name}: ${lines.length}`,
    ...lines.map((line) => `  ${masked(line)}`).sort(),
  ];
  const isSure = answers.length < 2 && additional.length < 2;
  return [
    header,
    question,
    ...section("answers", answers),
    ...section("authority", authority),
    ...section("additional", additional),
    edns,
    `${bytes.length} bytes`,
    ...(isSure ? [withoutTime(bytes)] : []),
  ].join("\n");
}

function masked(line: string): string {
  // The port of a server's RPC is its own.
  if (line.includes("consul.service.")) return line.replace(/ 1 1 \d+ /, " 1 1 (port) ");
  return line.replace(/\b10\.2\.(\d)\.\d+\b/g, "10.2.$1.*").replace(/\b0a020(\d)[0-9a-f]{2}\b/g, "0a020$1**");
}

/** The bytes but for the serial of a SOA, which stands before these refresh times. */
function withoutTime(bytes: Buffer): string {
  return bytes.toString("hex").replace(/.{8}(?=0000006f00000016|00000e1000000258)/, "(time)..");
}

/** Agents have addresses of their own; in text and bytes they are called by their setups. */
function withoutIps(text: string, agents: Agents): string {
  return SETUPS.reduce((told, setup) => {
    const { ip } = agents[setup];
    const hex = Buffer.from(ip.split(".").map(Number)).toString("hex");
    return told
      .replaceAll(new RegExp(`(?<![0-9.])${ip.replaceAll(".", "\\.")}(?![0-9])`, "g"), setup)
      .replaceAll(hex, setup);
  }, text);
}

interface Verdict {
  readonly question: DnsQuestion;
  readonly consul: string;
  readonly ours: string;
  /** Of the intended difference; "" for none, undefined for one that is not. */
  readonly number: string | undefined;
}

type Agents = Readonly<Record<Setup, DnsAgent>>;

async function compare(question: DnsQuestion, consul: Agents, ours: Agents): Promise<Verdict> {
  const [theirs, its] = await Promise.all(
    [consul, ours].map(async (agents) => withoutIps(await say(question, agents[question.setup]), agents)),
  );
  if (theirs === undefined || its === undefined) throw new Error("both were asked");
  if (theirs === its) return { question, consul: theirs, ours: its, number: "" };
  const intended = INTENDED_DNS.find(({ seen }) => seen(question, theirs, its));
  return { question, consul: theirs, ours: its, number: intended?.number };
}

function show({ question, consul, ours }: Verdict): void {
  console.log(`\nUNEXPECTED  ${question.name}`);
  const [theirs, its] = [consul.split("\n"), ours.split("\n")];
  for (const line of theirs) if (!its.includes(line)) console.log(`    consul  ${line}`);
  for (const line of its) if (!theirs.includes(line)) console.log(`    quorate ${line}`);
}

/** What the page says of the intended differences, held to what was seen. */
function pageFaults(seen: ReadonlySet<string>, all: boolean): string[] {
  const told = [...readFileSync(PAGE, "utf8").matchAll(/^\| (D\d+) \|/gm)].map(([, number = ""]) => number);
  const known = INTENDED_DNS.map(({ number }) => number);
  return [
    ...known.filter((each) => !told.includes(each)).map((each) => `${each} is not told of in the page`),
    ...told.filter((each) => !known.includes(each)).map((each) => `${each} is told of in vain`),
    ...(all ? known.filter((each) => !seen.has(each)).map((each) => `${each} was not seen`) : []),
  ];
}

async function main(): Promise<number> {
  const { values } = readOptions({
    options: {
      only: { type: "string", default: "" },
      consul: { type: "string", default: "consul" },
      quorate: { type: "string", default: join(ROOT, "dist/quorate.js") },
    },
  });
  if (spawnSync(values.consul, ["version"]).error !== undefined) {
    console.log(
      `skipped: there is no ${values.consul} to compare with (Debian has it in the package consul)`,
    );
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "compare-dns-"));
  const [ip = "127.0.0.1"] = loopbackIps(1);
  const recursor = await startRecursor(ip, await freePort(ip));
  const began = performance.now();
  const [consul, ours] = await Promise.all([
    startDnsAgents("consul", [values.consul], recursor.address, folder),
    startDnsAgents("ours", [process.execPath, values.quorate], recursor.address, folder),
  ]);
  console.log(
    `the agents are up after ${((performance.now() - began) / 1000).toFixed(1)} s; logs: ${folder}`,
  );
  const asked = QUESTIONS.filter(({ name }) => name.includes(values.only));
  const verdicts: Verdict[] = [];
  const queue = [...asked];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const verdict = await compare(next, consul, ours);
      verdicts.push(verdict);
      if (verdict.number === undefined) show(verdict);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const agents of [consul, ours]) for (const agent of Object.values(agents)) agent.stop();
  recursor.close();
  const of = (wanted: (verdict: Verdict) => boolean): number => verdicts.filter(wanted).length;
  const unexpected = of(({ number }) => number === undefined);
  const numbers = new Set(verdicts.flatMap(({ number }) => (number ? [number] : [])));
  const faults = pageFaults(numbers, values.only === "");
  for (const fault of faults) console.log(fault);
  const equal = of(({ number }) => number === "");
  console.log(
    `${verdicts.length} questions in ${((performance.now() - began) / 1000).toFixed(0)} s: ${equal} answered alike, ${verdicts.length - equal - unexpected} otherwise by intent (${[...numbers].sort().join(", ")}), ${unexpected} unexpected`,
  );
  if (unexpected + faults.length > 0) return 1;
  rmSync(folder, { recursive: true, force: true });
  return 0;
}

exitOnSignals();
process.exitCode = await main();
