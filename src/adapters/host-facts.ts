// The machine, as /v1/agent/host tells of it: Linux's own files, in the shape that gopsutil gives them. What cannot be read
// is told of in `Errors`, and left out.

import { readFileSync, statfsSync } from "node:fs";
import { arch, cpus, freemem, hostname, release, totalmem, type, uptime } from "node:os";
import type { Json } from "../core/api/response.ts";

type Facts = { readonly [name: string]: Json };

export function describeHost(nowMs: number): Facts {
  const errors: string[] = [];
  const attempt = (what: string, look: () => Json): Json => {
    try {
      return look();
    } catch (error) {
      errors.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  return {
    Memory: attempt("memory", memory),
    CPU: attempt("cpu", processors),
    Host: attempt("host", () => machine(nowMs)),
    Disk: attempt("disk", () => disk("/")),
    // In nanoseconds: JSON has no bounds to its numbers, but this one loses its last digits.
    CollectionTime: nowMs * 1e6,
    Errors: errors.length === 0 ? null : errors,
  };
}

/** Lines of "name: value". */
function table(text: string): Map<string, string> {
  const rows = text.split("\n").map((line) => line.split(/\s*:\s*/, 2));
  return new Map(rows.flatMap(([name = "", value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** /proc/meminfo's names, which have kilobytes, by gopsutil's. */
const MEMORY: readonly (readonly [name: string, source: string])[] = [
  ["active", "Active"],
  ["inactive", "Inactive"],
  ["wired", ""],
  ["laundry", ""],
  ["buffers", "Buffers"],
  ["cached", "Cached"],
  ["writeback", "Writeback"],
  ["dirty", "Dirty"],
  ["writebacktmp", "WritebackTmp"],
  ["shared", "Shmem"],
  ["slab", "Slab"],
  ["sreclaimable", "SReclaimable"],
  ["sunreclaim", "SUnreclaim"],
  ["pagetables", "PageTables"],
  ["swapcached", "SwapCached"],
  ["commitlimit", "CommitLimit"],
  ["committedas", "Committed_AS"],
  ["hightotal", "HighTotal"],
  ["highfree", "HighFree"],
  ["lowtotal", "LowTotal"],
  ["lowfree", "LowFree"],
  ["swaptotal", "SwapTotal"],
  ["swapfree", "SwapFree"],
  ["mapped", "Mapped"],
  ["vmalloctotal", "VmallocTotal"],
  ["vmallocused", "VmallocUsed"],
  ["vmallocchunk", "VmallocChunk"],
];

function memory(): Facts {
  const found = table(read("/proc/meminfo"));
  const number = (name: string): number => Number.parseInt(found.get(name) ?? "0", 10);
  const bytes = (name: string): number => number(name) * 1024;
  const [total, free] = [bytes("MemTotal") || totalmem(), bytes("MemFree") || freemem()];
  const cached = bytes("Cached") + bytes("SReclaimable");
  const used = total - free - bytes("Buffers") - cached;
  return {
    total,
    available: bytes("MemAvailable"),
    used,
    usedPercent: (used / total) * 100,
    free,
    ...Object.fromEntries(MEMORY.map(([name, source]) => [name, name === "cached" ? cached : bytes(source)])),
    hugepagestotal: number("HugePages_Total"),
    hugepagesfree: number("HugePages_Free"),
    hugepagesize: bytes("Hugepagesize"),
  };
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}

function processors(): readonly Facts[] {
  const found = read("/proc/cpuinfo")
    .split(/\n\s*\n/)
    .map((each) => table(each.replaceAll("\t", "")))
    .filter((each) => each.has("processor"));
  const text = (each: ReadonlyMap<string, string>, name: string): string => each.get(name) ?? "";
  return found.map((each, at) => ({
    cpu: Number(text(each, "processor")),
    vendorId: text(each, "vendor_id"),
    family: text(each, "cpu family"),
    model: text(each, "model"),
    stepping: Number(text(each, "stepping") || 0),
    physicalId: text(each, "physical id"),
    coreId: text(each, "core id"),
    cores: 1,
    modelName: text(each, "model name"),
    mhz: Number(text(each, "cpu MHz")) || (cpus()[at]?.speed ?? 0),
    cacheSize: Number.parseInt(text(each, "cache size") || "0", 10),
    flags: text(each, "flags")
      .split(" ")
      .filter((flag) => flag !== ""),
    microcode: text(each, "microcode"),
  }));
}

/** Go's name of a processor's kind. */
const KERNEL_ARCHES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64", ia32: "i686" };

function machine(nowMs: number): Facts {
  const system = osRelease(attemptText("/etc/os-release"));
  const seconds = Math.floor(uptime());
  return {
    hostname: hostname(),
    uptime: seconds,
    bootTime: Math.floor(nowMs / 1000) - seconds,
    procs: Number(/\/(\d+)/.exec(attemptText("/proc/loadavg"))?.[1] ?? 0),
    os: type().toLowerCase(),
    platform: system.get("ID") ?? "",
    platformFamily: system.get("ID_LIKE") ?? system.get("ID") ?? "",
    platformVersion: attemptText("/etc/debian_version").trim() || (system.get("VERSION_ID") ?? ""),
    kernelVersion: release(),
    kernelArch: KERNEL_ARCHES[arch()] ?? arch(),
    virtualizationSystem: "",
    virtualizationRole: /\bhypervisor\b/.test(attemptText("/proc/cpuinfo")) ? "guest" : "",
    hostid: hostId(),
  };
}

/** The machine's own id, or else that of its running system. */
export function hostId(): string {
  const product = attemptText("/sys/class/dmi/id/product_uuid").trim().toLowerCase();
  if (product !== "") return product;
  const drawn = attemptText("/etc/machine-id").trim();
  if (/^[0-9a-f]{32}$/.test(drawn)) return drawn.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return attemptText("/proc/sys/kernel/random/boot_id").trim();
}

/** What there is of a file, "" where there is none. */
function attemptText(path: string): string {
  try {
    return read(path);
  } catch {
    return "";
  }
}

/** Lines of `NAME="value"`. */
function osRelease(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}

function disk(path: string): Facts {
  const { type: kind, bsize, blocks, bfree, bavail, files, ffree } = statfsSync(path);
  const [total, free, used] = [blocks * bsize, bavail * bsize, (blocks - bfree) * bsize];
  return {
    path,
    fstype: FILE_SYSTEMS[kind] ?? `0x${kind.toString(16)}`,
    total,
    free,
    used,
    usedPercent: used + free === 0 ? 0 : (used / (used + free)) * 100,
    inodesTotal: files,
    inodesUsed: files - ffree,
    inodesFree: ffree,
    inodesUsedPercent: files === 0 ? 0 : ((files - ffree) / files) * 100,
  };
}

/** By the number that statfs(2) gives. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: "ext2/ext3",
  1481003842: "xfs",
  2435016766: "btrfs",
  16914836: "tmpfs",
  2035054128: "overlayfs",
  801189825: "zfs",
  26985: "nfs",
};
