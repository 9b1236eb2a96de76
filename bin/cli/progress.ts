import yoctoSpinner from "yocto-spinner";
import type { Output } from "./io.ts";
import { clip } from "./screen.ts";

interface ProgressOptions {
  stream?: Output;
  /** Only a terminal shows progress. */
  quiet?: boolean;
  /** A signal ends the process at once, with a tidy terminal; not where there is something to clean up. */
  handleSignals?: boolean;
}

/** How far a step is. */
export interface Count {
  done: number;
  all: number;
}

/** Characters of a whole bar. */
const barWidth = 20;

/** Milliseconds of a step before which its pace says nothing about the rest. */
const leastElapsed = 2000;

/** `13 of 52 done █████░░░░░░░░░░░░░░░`, with the time that is left once the pace is known. */
export function inProgress({ done, all }: Count, secondsLeft?: number): string {
  const filled = Math.round((barWidth * done) / all);
  const bar = `${done} of ${all} done ${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
  return secondsLeft === undefined ? bar : `${bar} about ${durationText(secondsLeft)} left`;
}

function durationText(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** Seconds that a step still takes at its pace so far; undefined while the pace is not known. `elapsed` is in milliseconds. */
export function estimate({ done, all }: Count, doneBefore: number, elapsed: number): number | undefined {
  const steps = done - doneBefore;
  if (steps <= 0 || elapsed < leastElapsed || done >= all) return undefined;
  return ((all - done) * elapsed) / steps / 1000;
}

/** Continuous integration keeps what is written, and a moving line is of no use there. */
function isContinuousIntegration(): boolean {
  return !["", "0", "false"].includes(process.env.CI ?? "");
}

/** A spinner on a terminal, a line a step otherwise; on standard error, so that the result can be piped. Silent with CI. */
export function startProgress({ stream = process.stderr, quiet = false, handleSignals = true }: ProgressOptions = {}) {
  const spinner = yoctoSpinner({ stream, handleSignals });
  const isSilent = isContinuousIntegration();
  const isTerminal = stream.isTTY && !isSilent;
  /** Columns beside the spinner. A longer line would wrap and could not be cleared. */
  const room = () => Math.max((stream.columns ?? Number.POSITIVE_INFINITY) - 3, 20);
  const counts = new Map<string, Count>();
  let started = { at: 0, done: 0, all: 0 };
  let said = "";

  /** Of several places, such as Regions, the sum counts. */
  const countText = (): string => {
    const sum = { done: 0, all: 0 };
    for (const { done, all } of counts.values()) {
      sum.done += done;
      sum.all += all;
    }
    if (sum.all !== started.all) started = { at: performance.now(), ...sum };
    return inProgress(sum, estimate(sum, started.done, performance.now() - started.at));
  };
  return {
    /** What is done at a place, and how far that is, which only a terminal shows. */
    say(step: string, place = "", count?: Count) {
      const line = place ? `${place}: ${step}` : step;
      if (count) counts.set(place, count);
      if (isTerminal) {
        const label = counts.size > 1 && count ? `${counts.size} places` : line;
        spinner.text = clip(count ? `${label}: ${countText()}` : line, room());
        if (!spinner.isSpinning) spinner.start();
      } else if (!quiet && !isSilent && line !== said) stream.write(`${line}\n`);
      said = line;
    },
    stop() {
      if (spinner.isSpinning) spinner.stop();
    },
    /** The conclusion, which stays on the terminal. */
    conclude(sentence: string) {
      if (stream.isTTY || !quiet) stream.write(`${sentence}\n`);
    },
  };
}
