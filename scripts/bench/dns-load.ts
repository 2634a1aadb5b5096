// The load over DNS: a process of its own, so that it can have a core to itself. One socket, so many questions under way at
// a time; the next one leaves when an answer has come. What is lost is asked again after a while. Told what to do by dns.ts,
// over IPC.

import { createSocket, type Socket } from "node:dgram";
import { serveJobs } from "./child-load.ts";
import { createTimes, noteTime, percentile } from "./times.ts";

export interface DnsJob {
  readonly ip: string;
  readonly port: number;
  /** Questions in turn; their first two bytes are the load's. */
  readonly questions: readonly Uint8Array[];
  readonly underWay: number;
  readonly seconds: number;
}

export interface DnsResult {
  readonly answers: number;
  /** Answers without any record. */
  readonly empty: number;
  readonly lost: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number;
}

const BUFFER_BYTES = 4 << 20;
/** What has not come by then was lost. */
const PATIENCE_MS = 1_000;

async function perform({ ip, port, questions, underWay, seconds }: DnsJob): Promise<DnsResult> {
  const socket: Socket = createSocket({
    type: "udp4",
    recvBufferSize: BUFFER_BYTES,
    lookup: (address, _options, found) => found(null, address, 4),
  });
  await new Promise<void>((done) => socket.connect(port, ip, done));
  const buffers = questions.map((bytes) => Buffer.from(bytes));
  const askedMs = new Float64Array(underWay);
  const times = createTimes();
  const counts = { answers: 0, empty: 0, lost: 0 };
  let next = 0;
  let running = true;
  const ask = (slot: number): void => {
    const question = Buffer.from(buffers[next] as Buffer);
    next = next + 1 < buffers.length ? next + 1 : 0;
    question.writeUInt16BE(slot, 0);
    askedMs[slot] = performance.now();
    socket.send(question);
  };
  socket.on("message", (answer) => {
    const slot = answer.readUInt16BE(0);
    noteTime(times, (performance.now() - (askedMs[slot] ?? 0)) * 1000);
    counts.answers++;
    if (answer.readUInt16BE(6) === 0) counts.empty++;
    if (running) ask(slot);
  });
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  for (let slot = 0; slot < underWay; slot++) ask(slot);
  const again = setInterval(() => {
    for (let slot = 0; slot < underWay; slot++)
      if (performance.now() - (askedMs[slot] ?? 0) > PATIENCE_MS) {
        counts.lost++;
        ask(slot);
      }
  }, PATIENCE_MS / 4);
  await new Promise((done) => setTimeout(done, seconds * 1000));
  running = false;
  clearInterval(again);
  const { user, system } = process.cpuUsage(cpuBefore);
  const took = (performance.now() - beganMs) / 1000;
  socket.close();
  return {
    ...counts,
    seconds: took,
    p50Us: percentile(times, 0.5),
    p99Us: percentile(times, 0.99),
    cpuUs: user + system,
  };
}

serveJobs(perform);
