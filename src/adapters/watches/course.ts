// The course of a watch: by what to ask next, whether what came is news, how long to rest after a failure. Pure; who asks is
// run-watch.ts. The rules are those of Consul's client library (api/watch/plan.go).

/** The first rest; then four times, nine times as long, and so on. */
const RETRY_MS = 5000;
const MAX_RETRY_MS = 180_000;

export interface WatchCourse {
  /** What was seen last; undefined before anything was, and after a failure. */
  readonly seen: string | undefined;
  readonly result: string | undefined;
  /** In a row. */
  readonly failures: number;
}

export const BEGINNING: WatchCourse = { seen: undefined, result: undefined, failures: 0 };

/** An index of 0 would be asked for again and again without a pause. */
function waitable(by: "index" | "hash", seen: string): string {
  return by === "index" && (seen === "0" || seen === "") ? "1" : seen;
}

/** @returns The course from here on, and whether what came is to be handled: the first always is. */
export function afterAnswer(
  course: WatchCourse,
  by: "index" | "hash",
  answered: string,
  result: string,
): { readonly course: WatchCourse; readonly isNews: boolean } {
  const seen = waitable(by, answered);
  // The time of a blocking query was up.
  if (course.seen === seen) return { course: { ...course, failures: 0 }, isNews: false };
  const isNews = course.seen === undefined || course.result !== result;
  return { course: { seen, result, failures: 0 }, isNews };
}

/** What was seen is forgotten: servers that come back may count anew, and what they say first is news. */
export function afterFailure(course: WatchCourse): {
  readonly course: WatchCourse;
  readonly retryMs: number;
} {
  const failures = course.failures + 1;
  return {
    course: { ...course, seen: undefined, failures },
    retryMs: Math.min(RETRY_MS * failures * failures, MAX_RETRY_MS),
  };
}
