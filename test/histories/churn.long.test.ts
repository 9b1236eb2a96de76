import { test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { expectOnlyImportsOfRuns } from "./churn-law.ts";

simulateTime();

test(
  "in a day with 300 new nodes an hour, each finding is imported once, as a scheduled run would, and archived once",
  () => expectOnlyImportsOfRuns({ nodesPerHour: 300, hours: 24 }),
  longHang,
);
