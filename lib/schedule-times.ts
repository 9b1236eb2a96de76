import { Cron } from "croner";

const minute = 60_000;
const hour = 60 * minute;
const milliseconds = { minute, hour, day: 24 * hour };

/**
 * The year whose runs are examined. It is fixed, so that the template does not depend on the day of the synthesis. A
 * whole year contains all daylight saving changes.
 */
const year = { start: Date.UTC(2027, 0, 1), end: Date.UTC(2028, 0, 2) };

/**
 * Maximum hours between two runs of a schedule, rounded up. Infinity if there is no run, or no next run within the
 * year.
 * `expression` has the format of EventBridge Scheduler; `timezone` is an IANA name.
 */
export function longestPauseHours(expression: string, timezone: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count && (unit === "minute" || unit === "hour" || unit === "day"))
    return Math.ceil((Number(count) * milliseconds[unit]) / hour);
  const cron = parse(expression, timezone);
  const after = (time: number) => cron.nextRun(new Date(time))?.getTime() ?? Infinity;
  let run = after(year.start);
  let longest = run === Infinity ? Infinity : 0;
  while (run < year.end) {
    // Skips further runs within the same hour.
    const next = after(run + hour - minute);
    longest = Math.max(longest, next - run);
    run = next;
  }
  return Math.ceil(longest / hour);
}

/** Whether all fields of a cron expression have valid values. Always true for a rate. */
export function isSchedule(expression: string): boolean {
  if (expression.startsWith("rate(")) return true;
  try {
    return parse(expression, "Etc/UTC") !== undefined;
  } catch {
    return false;
  }
}

/** In Scheduler's cron format, 1 is Sunday, and "0/15" means "0-59/15". */
function parse(expression: string, timezone: string): Cron {
  const fields = expression.replace(/^cron\((.*)\)$/, "$1");
  const options = { timezone, paused: true, alternativeWeekdays: true, sloppyRanges: true };
  return new Cron(`0 ${fields}`, options);
}
