// The stories that come with the simulator hold, not for one seed only.

import { describe, test } from "vitest";
import { runStory } from "../../src/sim/scenario.ts";
import { STORIES } from "../../src/sim/stories.ts";

describe.each(STORIES)("$name: $about", ({ story }) => {
  test.each(["1", "2"])("with seed %s", (seed) => {
    runStory(story, { seed });
  });
});
