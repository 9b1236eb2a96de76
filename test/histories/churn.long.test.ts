import { test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { expectOnlyImportsOfRuns } from "./churn-law.ts";

simulateTime();

test(
  "a day with 300 nodes an hour causes only imports that a scheduled run would make, and archives",
  () => expectOnlyImportsOfRuns({ nodesPerHour: 300, hours: 24 }),
  longHang,
);
