import { Weekday, type RolloutWindow } from "../../api/v1alpha1/rollout.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Clocks are put forward and back: a time that is further off is looked at again in between. */
const LONGEST_MS = 60 * MINUTE_MS;

/** Whether a window is open, and after how long to look again. */
export interface WindowState {
  isOpen: boolean;
  /** Milliseconds after which that may be otherwise. */
  changesInMs: number;
}

/**
 * Pure: how the window stands at a time. Undefined where nobody knows its time zone. A window that closes before it
 * opens goes over midnight, and belongs to the day on which it opened.
 */
export function windowAt(window: RolloutWindow, nowMs: number): WindowState | undefined {
  const local = localTime(window.timeZone, nowMs);
  if (local === undefined) return undefined;
  const startMs = timeOfDayMs(window.start);
  const lengthMs = (timeOfDayMs(window.end) - startMs + DAY_MS) % DAY_MS || DAY_MS;
  // Yesterday's window may still be open; the last of the seven days after today is the same weekday again.
  const openings = [-1, 0, 1, 2, 3, 4, 5, 6, 7]
    .filter((day) => window.days.includes(weekdayAfter(local.weekday, day)))
    .map((day) => day * DAY_MS + startMs - local.sinceMidnightMs);
  const closings = openings.filter((inMs) => inMs <= 0 && inMs + lengthMs > 0).map((inMs) => inMs + lengthMs);
  const isOpen = closings.length > 0;
  const nextMs = isOpen ? Math.max(...closings) : Math.min(...openings.filter((inMs) => inMs > 0));
  return { isOpen, changesInMs: Math.min(nextMs, LONGEST_MS) };
}

interface LocalTime {
  weekday: Weekday;
  sinceMidnightMs: number;
}

function localTime(timeZone: string, nowMs: number): LocalTime | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    return undefined; // RangeError: no such zone
  }
  const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const minutes = Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  return {
    weekday: Weekday.parse(parts.get("weekday")),
    // Every zone of today is whole minutes off UTC.
    sinceMidnightMs: minutes * MINUTE_MS + (nowMs % MINUTE_MS),
  };
}

function weekdayAfter(weekday: Weekday, days: number): Weekday {
  const all = Weekday.options;
  return all[(all.indexOf(weekday) + days + all.length) % all.length] ?? weekday;
}

function timeOfDayMs(time: string): number {
  return (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * MINUTE_MS;
}
