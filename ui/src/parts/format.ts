/** Numbers, money, times and lists in the reader's way. Everything absent is "–". */
import { m } from '../paraglide/messages.js';

/** What stands where nothing is known. */
export const NONE = '–';

const LOCALE = 'en-US';
const dollars = (least: number, most: number): Intl.NumberFormat =>
  new Intl.NumberFormat(LOCALE, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: least,
    maximumFractionDigits: most,
  });
const whole = dollars(0, 0);
const cents = dollars(2, 2);
const mills = dollars(2, 3);
const number = new Intl.NumberFormat(LOCALE);
const names = new Intl.ListFormat(LOCALE, { style: 'long', type: 'conjunction' });
const clock = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(LOCALE, { month: 'short', day: 'numeric' });
const dayYear = new Intl.DateTimeFormat(LOCALE, {
  month: 'short',
  day: 'numeric',
  year: 'numeric',
});

/** An amount in micro-dollars: cents, and tenths of a cent below ten cents. */
export function money(micro: number | null | undefined): string {
  if (micro === null || micro === undefined) return NONE;
  const amount = micro / 1_000_000;
  return (Math.abs(amount) < 0.1 ? mills : cents).format(amount);
}

/** An amount an hour, with its unit. */
export function rate(micro: number | null | undefined): string {
  return micro === null || micro === undefined ? NONE : m.ui_per_hour({ amount: money(micro) });
}

/** An amount a month: whole dollars where nothing is lost by it, or above a hundred. */
export function monthly(micro: number | null | undefined): string {
  if (micro === null || micro === undefined) return NONE;
  const amount = micro / 1_000_000;
  return Number.isInteger(amount) || amount >= 100 ? whole.format(amount) : money(micro);
}

/** A whole number with its separators. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : number.format(value);
}

const parts = new Intl.NumberFormat(LOCALE, { style: 'percent' });

/** A part of a whole. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? NONE : parts.format(share);
}

/** Names, joined the way the language joins them. */
export function list(items: readonly string[]): string {
  return names.format(items);
}

/** A length of time in words; tenths of a second below ten seconds. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  const length = Math.max(0, ms);
  if (length < 1000) return m.ui_milliseconds({ ms: String(Math.round(length)) });
  if (length < 9_950) return m.ui_seconds({ s: (length / 1000).toFixed(1) });
  const s = Math.round(length / 1000);
  if (s < 60) return m.ui_seconds({ s: String(s) });
  const min = Math.floor(s / 60);
  if (min < 60) return m.ui_minutes_seconds({ min: String(min), s: String(s % 60) });
  const h = Math.floor(min / 60);
  if (h < 48) return m.ui_hours_minutes({ h: String(h), min: String(min % 60) });
  return m.ui_days_hours({ d: String(Math.floor(h / 24)), h: String(h % 24) });
}

/** A length of time in whole minutes, from an hour on with its hours. */
export function minutes(ms: number): string {
  const min = Math.floor(Math.max(0, ms) / 60_000);
  return min < 60 ? m.ui_minutes({ min: String(min) }) : duration(min * 60_000);
}

/** A length of time in its largest unit, for what is told again and again. */
export function roughly(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return m.ui_seconds({ s: String(s) });
  const min = Math.round(s / 60);
  if (min < 60) return m.ui_minutes({ min: String(min) });
  const h = Math.round(min / 60);
  return h < 48 ? m.ui_hours({ h: String(h) }) : m.ui_days({ d: String(Math.round(h / 24)) });
}

/** The hour and minute of a time; with its day when that is not the day of `now`. */
export function time(at: string | null | undefined, now?: number): string {
  if (at === null || at === undefined) return NONE;
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return NONE;
  const today = now === undefined || when.toDateString() === new Date(now).toDateString();
  return today ? clock.format(when) : `${day.format(when)}, ${clock.format(when)}`;
}

/** The day of a time. */
export function date(at: string | null | undefined): string {
  if (at === null || at === undefined) return NONE;
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? NONE : dayYear.format(when);
}

/** Memory in GB, from MB. */
export function gigabytes(mb: number | null | undefined): string {
  if (mb === null || mb === undefined) return NONE;
  return m.ui_gigabytes({ gb: number.format(Math.round(mb / 1024)) });
}
