// Lines for the log, as data: the logger prints them, the simulator's trace shows them. Whoever wants to say something makes
// one with `notice`. (Gossip has its own, which knows no agent around it.)

export type NoticeLevel = "trace" | "debug" | "info" | "warn" | "error";

/** Something an operator may want to read. */
export interface Notice {
  readonly type: "notice";
  readonly level: NoticeLevel;
  /** Dotted, without the leading "agent.": "server.raft", "server.serf.lan"; "" for the agent itself. */
  readonly logger: string;
  readonly message: string;
  readonly fields?: NoticeFields;
}

export type NoticeFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** @param logger As in `Notice`. */
export function notice(
  level: NoticeLevel,
  logger: string,
  message: string,
  fields: NoticeFields = NO_FIELDS,
): Notice {
  return { type: "notice", level, logger, message, fields };
}

const NO_FIELDS: NoticeFields = {};
