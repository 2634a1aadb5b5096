// Notices as log lines in the format of Consul's logger (hclog): text or JSON, one a line.

import type { Notice, NoticeLevel } from "../core/agent/ports.ts";

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

/** `2026-11-21T02:48:04.266Z [WARN]  agent: Message text: key=value other="quoted value"` */
export function textLine(notice: Notice, now: Date): string {
  const fields = Object.entries(notice.fields ?? {}).map(
    ([name, value]) => ` ${name}=${quoted(String(value))}`,
  );
  const tail = fields.length === 0 ? "" : `:${fields.join("")}`;
  return `${now.toISOString()} ${TAGS[notice.level]} ${moduleName(notice)}: ${printable(notice.message)}${tail}`;
}

function quoted(value: string): string {
  return /[\s"=\p{Cc}]/u.test(value) || value === "" ? JSON.stringify(value) : value;
}

/** What peers call themselves must not move the cursor of whoever reads the log. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => JSON.stringify(character).slice(1, -1));
}

export function jsonLine(notice: Notice, now: Date): string {
  return JSON.stringify({
    "@level": notice.level,
    "@message": notice.message,
    "@module": moduleName(notice),
    "@timestamp": now.toISOString(),
    ...notice.fields,
  });
}
