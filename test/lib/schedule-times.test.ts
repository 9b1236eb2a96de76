import { expect, test } from "vitest";
import { isSchedule, longestPauseHours } from "../../lib/schedule-times.ts";

test.each([
  ["rate(5 minutes)", "Etc/UTC", 1],
  ["rate(1 day)", "Etc/UTC", 24],
  ["rate(7 days)", "Etc/UTC", 168],
  ["cron(0/5 * * * ? *)", "Etc/UTC", 1],
  ["cron(0 6 * * ? *)", "Etc/UTC", 24],
  // The day on which daylight saving time ends has 25 hours.
  ["cron(0 6 * * ? *)", "Europe/Berlin", 25],
  ["cron(0 8-18 ? * MON-FRI *)", "Etc/UTC", 62],
  ["cron(0 6 ? * 2-6 *)", "Etc/UTC", 72],
  ["cron(0 6 ? * 1,2 *)", "Etc/UTC", 144],
  ["cron(0 6 ? * MON *)", "Europe/Berlin", 169],
  ["cron(0 6 1,15 * ? *)", "Etc/UTC", 17 * 24],
  ["cron(0 6 L * ? *)", "Etc/UTC", 31 * 24],
  ["cron(0 6 ? * 6#1 *)", "Etc/UTC", 35 * 24],
  ["cron(0 6 * * ? 2026)", "Etc/UTC", Infinity],
])("the longest pause of %s in %s is %d hours", (expression, timezone, hours) => {
  expect(longestPauseHours(expression, timezone)).toBe(hours);
});

test.each([
  ["cron(0 25 * * ? *)", false],
  ["cron(60 6 * * ? *)", false],
  ["cron(0 6 ? * MONDAY *)", false],
  ["cron(0 6 ? 13 MON *)", false],
  ["cron(0/20 6 15W * ? *)", true],
  ["cron(0 6 ? * FRIL *)", true],
])("%s is a valid schedule: %s", (expression, expected) => {
  expect(isSchedule(expression)).toBe(expected);
});
