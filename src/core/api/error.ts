// What can go wrong with a request, expected and named: one table gives each code its HTTP status.

export const ERROR_STATUS = {
  /** The request itself is malformed or contradicts itself. */
  "bad-request": 400,
  "not-found": 404,
  "too-large": 413,
  /** Nobody leads, or nobody was found who does, within the hold time. */
  "no-leader": 500,
  /** A client agent that knows no server. */
  "no-servers": 500,
  "no-datacenter": 500,
  /** The server led when it took the write and does not now: the write may or may not happen. */
  "leadership-lost": 500,
  /** The server asked does not lead and has done nothing: asking another is safe. */
  "not-leader": 500,
  /** The connection over which the request was forwarded broke: a write may or may not happen. */
  "connection-lost": 500,
  /** The server's log can't be written: see its own log for why. */
  "storage-failed": 500,
  /** Understood, and refused by the state machine or by the agent. */
  refused: 500,
  /** This agent asks more than it may: nobody else has heard of it. Last, since the wire counts the codes. */
  "rate-limited": 429,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export interface ApiError {
  readonly code: ErrorCode;
  /** The text that the client sees, Consul's own wherever Consul has one. */
  readonly detail: string;
}

export function apiError(code: ErrorCode, detail: string): ApiError {
  return { code, detail };
}

export const TOO_MANY_OPEN: ApiError = apiError(
  "refused",
  "too many requests are open at this agent: try again later",
);
export const NO_LEADER: ApiError = apiError("no-leader", "No cluster leader");
export const NO_SERVERS: ApiError = apiError("no-servers", "No known Consul servers");
export const NO_DATACENTER: ApiError = apiError("no-datacenter", "No path to datacenter");
export const LEADERSHIP_LOST: ApiError = apiError("leadership-lost", "leadership lost while committing log");
export const CONNECTION_LOST: ApiError = apiError("connection-lost", "EOF");
