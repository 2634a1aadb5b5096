import { describe, expect, test } from "vitest";
import {
  afterAnswer,
  afterFailure,
  BEGINNING,
  type WatchCourse,
} from "../../../src/adapters/watches/course.ts";

/** What is seen and what is found, one after the other; "!" is a failure. @returns What was handled. */
function handled(answers: readonly (readonly [seen: string, result: string] | "!")[]): string[] {
  let course: WatchCourse = BEGINNING;
  const news: string[] = [];
  for (const answer of answers) {
    if (answer === "!") course = afterFailure(course).course;
    else {
      const after = afterAnswer(course, "index", ...answer);
      course = after.course;
      if (after.isNews) news.push(answer[1]);
    }
  }
  return news;
}

describe("a watch handles", () => {
  test("what is there at first, and then what differs from that", () => {
    expect(
      handled([
        ["5", "a"],
        ["6", "b"],
        ["7", "b"],
        ["9", "a"],
      ]),
    ).toEqual(["a", "b", "a"]);
  });

  test("nothing when only the time of the query was up", () => {
    expect(
      handled([
        ["5", "a"],
        ["5", "other"],
        ["5", "a"],
      ]),
    ).toEqual(["a"]);
  });

  test("what changed although the index went back, as after a restore", () => {
    expect(
      handled([
        ["50", "a"],
        ["3", "b"],
        ["4", "c"],
      ]),
    ).toEqual(["a", "b", "c"]);
  });

  test("what there is after a failure, whatever it was before", () => {
    expect(handled([["5", "a"], "!", ["5", "a"], ["6", "a"]])).toEqual(["a", "a"]);
  });
});

test("a watch rests five seconds after a failure, then four times and nine times as long, three minutes at most", () => {
  let course: WatchCourse = BEGINNING;
  const rests: number[] = [];
  for (let failure = 0; failure < 8; failure++) {
    const after = afterFailure(course);
    course = after.course;
    rests.push(after.retryMs / 1000);
  }
  expect(rests).toEqual([5, 20, 45, 80, 125, 180, 180, 180]);
  expect(afterFailure(afterAnswer(course, "index", "7", "a").course).retryMs).toBe(5000);
});

test("an index of 0 is waited by as 1, which an agent holds back", () => {
  expect(afterAnswer(BEGINNING, "index", "0", "[]").course.seen).toBe("1");
  expect(afterAnswer(BEGINNING, "hash", "", "{}").course.seen).toBe("");
});
