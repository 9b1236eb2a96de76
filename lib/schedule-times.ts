import { Cron } from "croner";

const minute = 60_000;
const hour = 60 * minute;
const milliseconds = { minute, hour, day: 24 * hour };

/** A year with its shifts of clocks, whichever it is: the same schedule has to give the same template on any day. */
const year = { start: Date.UTC(2027, 0, 1), end: Date.UTC(2028, 0, 2) };

/**
 * Hours that pass between two runs of a schedule at most, rounded up; Infinity where after some run there is none for a year.
 * `expression` is one of EventBridge Scheduler, `timezone` one of the IANA database.
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
    // Runs within the same hour need not be looked at one by one.
    const next = after(run + hour - minute);
    longest = Math.max(longest, next - run);
    run = next;
  }
  return Math.ceil(longest / hour);
}

/** Whether the fields of a cron expression have values that they can have; of a rate it is always true. */
export function isSchedule(expression: string): boolean {
  if (expression.startsWith("rate(")) return true;
  try {
    return parse(expression, "Etc/UTC") !== undefined;
  } catch {
    return false;
  }
}

/** Scheduler counts days of the week from 1 for Sunday, and allows "0/15" for what others write as "0-59/15". */
function parse(expression: string, timezone: string): Cron {
  const fields = expression.replace(/^cron\((.*)\)$/, "$1");
  const options = { timezone, paused: true, alternativeWeekdays: true, sloppyRanges: true };
  return new Cron(`0 ${fields}`, options);
}
