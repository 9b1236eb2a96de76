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
    const { minutes, mostAtOnce, findings, trouble, throttled } = await playStorm({ nodes: 5_000, ...more });
    expect({ mostAtOnce, findings }).toEqual({ mostAtOnce: 2, findings: { "ACTIVE PASSED": 10_000 } });
    expect({ trouble, throttled }).toEqual({ trouble: [], throttled: {} });
    // The delay of the queue, the ten minutes of the storm, and at most two minutes for the last messages.
    expect(minutes).toBeLessThan(17);
  },
  longHang,
);

test(
  "2,000 new nodes are audited by all rules within AWS's rates, if their messages become visible at once",
  async () => {
    const { invocations, findings, trouble, throttled } = await playStorm({
      nodes: 2_000,
      takenFrom: 16,
      isFull: true,
    });
    expect({ invocations, trouble, throttled }).toEqual({ invocations: 10, trouble: [], throttled: {} });
    expect(findings["ACTIVE PASSED"]).toBeGreaterThanOrEqual(2_000);
  },
  longHang,
);
