// Where an agent's notices become lines: the terminal, a file, and whoever watches over HTTP (/v1/agent/monitor), each with
// a level of its own.

import type { Notice, NoticeLevel } from "../core/api/notice.ts";
import type { Io } from "./cli/io.ts";
import type { AgentSettings } from "./config/settings.ts";
import { openLogFile } from "./log-file.ts";
import { createLogger, isAtLeast, type Logger } from "./logger.ts";
import { facilityNumber, openSyslog, type Syslog } from "./syslog.ts";

export interface Logs extends Logger {
  /** Least level of terminal and file from now on. */
  setLevel(level: NoticeLevel): void;
  /** Whether anybody reads lines of this level. */
  wants(level: NoticeLevel): boolean;
  /** Every line from this level on, until the function that is returned is called. */
  watch(level: NoticeLevel, json: boolean, write: (line: string) => void): () => void;
  close(): void;
}

export type OpenedLogs =
  | { readonly ok: true; readonly logs: Logs }
  | { readonly ok: false; readonly error: string };

/** The terminal, where Consul 1.8 indents each line by four spaces, the log file and the system's log where they are wanted. */
export function openLogs({ log }: AgentSettings, io: Io): OpenedLogs {
  const opened = log.file === undefined ? undefined : openLogFile(log.file, log);
  if (opened?.ok === false) return opened;
  const file = opened?.logFile;
  const system = openSystemLog(log, io);
  const make = (level: NoticeLevel): Logger[] => [
    createLogger({ level, json: log.json, indent: log.json ? "" : "    ", write: io.stdout }),
    ...(file === undefined ? [] : [createLogger({ level, json: log.json, indent: "", write: file.write })]),
    ...(system === undefined
      ? []
      : [createLogger({ level, json: log.json, indent: "", write: system.write })]),
  ];
  let loggers = make(log.level);
  const watchers = new Map<Logger, NoticeLevel>();
  let { level: least } = log;
  const logs: Logs = {
    log: (notice: Notice) => {
      for (const logger of loggers) logger.log(notice);
      for (const watcher of watchers.keys()) watcher.log(notice);
    },
    setLevel: (level) => {
      loggers = make(level);
      least = level;
    },
    wants: (level) =>
      isAtLeast(level, least) || [...watchers.values()].some((each) => isAtLeast(level, each)),
    watch: (level, json, write) => {
      const watcher = createLogger({ level, json, indent: "", write });
      watchers.set(watcher, level);
      return () => watchers.delete(watcher);
    },
    close: () => {
      file?.close();
      system?.close();
    },
  };
  return { ok: true, logs };
}

function openSystemLog({ syslogFacility }: AgentSettings["log"], io: Io): Syslog | undefined {
  const facility = syslogFacility === undefined ? undefined : facilityNumber(syslogFacility);
  if (facility === undefined) return undefined;
  return openSyslog(facility, (error) => io.stderr(`==> Syslog error: ${error}. Retrying\n`));
}
