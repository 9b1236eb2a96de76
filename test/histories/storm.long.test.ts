import { expect, test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { playStorm } from "./storm.ts";

simulateTime();

test.each([
  ["as they become visible", {}],
  ["after ten minutes in which the function was throttled", { takenFrom: 16 }],
])(
  "5,000 nodes that start within ten minutes are audited within AWS's rates, if their messages are processed %s",
  async (_, more) => {
    const { minutes, ...outcome } = await playStorm({ nodes: 5_000, ...more });
    expect(outcome).toMatchObject({ findings: { "ACTIVE PASSED": 10_000 }, mostAtOnce: 2, trouble: [], throttled: {} });
    // The delay of the queue, the ten minutes of the storm, and at most two minutes for the last messages.
    expect(minutes).toBeLessThan(17);
  },
  longHang,
);
