// Times, relative, with the exact time on hover.
import { useEffect, useState } from "react";

const STEPS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30, "day"],
  [12, "month"],
  [Infinity, "year"],
];
const FORMAT = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** Such as "3 minutes ago". Both in milliseconds since 1970. */
export function relative(time: number, now: number): string {
  let amount = (time - now) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return FORMAT.format(Math.round(amount), unit);
    amount /= size;
  }
  return "";
}

/** `time` is ISO 8601. */
export function Moment({ time }: { time: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now()); // a later time must not seem to lie ahead
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, [time]);
  const at = new Date(time);
  return (
    <time dateTime={time} title={at.toLocaleString(undefined, { timeZoneName: "short" })}>
      {relative(at.getTime(), now)}
    </time>
  );
}
