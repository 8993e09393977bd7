/** Durations, sizes and numbers on the command line: `30s`, `2m`, `1h`, `500ms`, a bare number is seconds. */
import { InvalidArgumentError } from "commander";
import { KEEP_HINT, parseKeep } from "../syntax/quantity.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds. Throws commander's InvalidArgumentError. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2] ?? "s"] ?? 1000);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("write a time as 30s, 2m or 500ms.");
  return value;
}

/** Bytes. */
export function parseSize(text: string): number {
  const bytes = parseKeep(text);
  if (bytes === undefined) throw new InvalidArgumentError(`${KEEP_HINT}.`);
  return bytes;
}

/** `10MB/5`: the size of each file in bytes, and how many are kept. */
export function parseRotation(text: string): { readonly size: number; readonly count: number } {
  const [size = "", count = "", ...more] = text.split("/");
  if (more.length > 0 || count === "") throw new InvalidArgumentError("write SIZE/COUNT: 10MB/5.");
  return { size: parseSize(size), count: parseCount(count) };
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("write a whole number, at least 1.");
  return Number(text);
}

/** Bytes of a ping's payload: what fits into an IPv4 packet. */
export function parsePayload(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_507) return Number(text);
  throw new InvalidArgumentError("write a number of bytes, 0 to 65507.");
}

/** A whole number, also 0. */
export function parseReplicas(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("write a whole number, 0 or more.");
  return Number(text);
}
