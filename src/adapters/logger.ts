// Notices as log lines in the format of Consul's logger (hclog): text or JSON, one a line.

import type { Notice, NoticeLevel } from "../core/api/notice.ts";
import { compareStrings } from "../core/lib/bytes.ts";

const LEVELS: readonly NoticeLevel[] = ["trace", "debug", "info", "warn", "error"];

/** Level names as they stand in a line, padded so that messages line up. */
const TAGS: Readonly<Record<NoticeLevel, string>> = {
  trace: "[TRACE]",
  debug: "[DEBUG]",
  info: "[INFO] ",
  warn: "[WARN] ",
  error: "[ERROR]",
};

/** Whether a line of `level` is written where `least` is the least level that is. */
export function isAtLeast(level: NoticeLevel, least: NoticeLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

export interface Logger {
  log(notice: Notice): void;
}

export interface LoggerOptions {
  /** Least level that is written. */
  readonly level: NoticeLevel;
  readonly json: boolean;
  /** Before each text line; Consul 1.8 indents what goes to the terminal by four spaces. */
  readonly indent: string;
  readonly write: (text: string, level: NoticeLevel) => void;
}

export function createLogger({ level, json, indent, write }: LoggerOptions): Logger {
  return {
    log(notice) {
      if (!isAtLeast(notice.level, level)) return;
      const now = new Date();
      const line = json ? jsonLine(notice, now) : `${indent}${textLine(notice, now)}`;
      write(`${line}\n`, notice.level);
    },
  };
}

function moduleName({ logger }: Notice): string {
  return logger === "" ? "agent" : `agent.${logger}`;
}

/** `2026-11-21T02:48:04.266Z [WARN]  agent: Message text: key=value other="quoted value" list=[a, "b c"]` */
export function textLine(notice: Notice, now: Date): string {
  const fields = Object.entries(notice.fields ?? {}).map(([name, value]) => ` ${name}=${valueText(value)}`);
  const tail = fields.length === 0 ? "" : `:${fields.join("")}`;
  return `${localTime(now)}${zone(now, "")} ${TAGS[notice.level]} ${moduleName(notice)}: ${printable(notice.message)}${tail}`;
}

/** As hclog: quotes around what has a blank in it, and no other signs for what is within them. */
function valueText(value: NonNullable<Notice["fields"]>[string]): string {
  return typeof value === "object" ? `[${value.map(quoted).join(", ")}]` : quoted(String(value));
}

function quoted(value: string): string {
  return /\s/.test(value) ? `"${printable(value)}"` : printable(value);
}

/** By the machine's clock, as Consul's: "2026-11-21T02:48:04.266". */
function localTime(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
}

/** "Z", or "+0200". */
function zone(now: Date, between: string): string {
  const minutes = -now.getTimezoneOffset();
  if (minutes === 0) return "Z";
  const digits = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${digits(Math.abs(minutes) / 60)}${between}${digits(Math.abs(minutes) % 60)}`;
}

/** What peers call themselves must not move the cursor of whoever reads the log. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => JSON.stringify(character).slice(1, -1));
}

export function jsonLine(notice: Notice, now: Date): string {
  const fields = Object.entries(notice.fields ?? {}).sort(([a], [b]) => compareStrings(a, b));
  return JSON.stringify({
    "@level": notice.level,
    "@message": notice.message,
    "@module": moduleName(notice),
    // Consul's have microseconds, which our clock has not.
    "@timestamp": `${localTime(now)}000${zone(now, ":")}`,
    ...Object.fromEntries(fields),
  });
}
