/**
 * The only setting of the host itself that is ever changed, and only on request: the limits of its neighbour tables,
 * which all network namespaces share. Which lab needs how much, and what the limits were, is recorded in PARENT/.host-limits
 * before anything is written; the last lab to go restores what is still as it was left.
 */
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { RaisedLimit } from "./protocol.ts";
import { HostError } from "../errors.ts";
import { flock } from "../kernel/libc.ts";
import { neighbourLimitKey, neighbourLimits, neighboursFit, type NeighbourEntries } from "../plan/neighbour-limits.ts";
import { FAMILIES } from "../net/families.ts";
import type { Family } from "../net/family.ts";

interface HostLimits {
  /** Lab → neighbour entries that it needs. */
  readonly claims: Record<string, NeighbourEntries>;
  /** Sysctl → what it was before the first of us, and what we last wrote. */
  readonly raised: Record<string, { readonly before: number; readonly value: number }>;
}

const LOCK_EX = 2;
const LOCK_NB = 4;
/** Milliseconds to wait for another agent; it holds the lock for less than one. */
const LOCK_LIMIT = 5000;

/**
 * Raises the tables to what this lab and all others that requested it need in total; lowers nothing. The lab's folder must
 * exist, and its journal must have the request. Throws HostError where this process may not do it, or cannot see the tables.
 */
export async function raiseHostLimits(
  parent: string,
  lab: string,
  entries: NeighbourEntries,
): Promise<readonly RaisedLimit[]> {
  return locked(parent, () => {
    const limits = load(parent);
    dropGone(parent, limits);
    limits.claims[lab] = entries;
    const due = FAMILIES.flatMap((family) => raisesOf(family, limits));
    for (const { key, from, to } of due) {
      const known = limits.raised[key];
      // It has been set by someone else since: that value will be restored.
      const before = known !== undefined && known.value === from ? known.before : from;
      limits.raised[key] = { before, value: to };
    }
    save(parent, limits);
    for (const { key, to } of due) writeLimit(key, to);
    return due;
  });
}

/** The lab no longer needs its entries. The last one restores the limits, except those that were changed by others. */
export async function releaseHostLimits(parent: string, lab: string): Promise<void> {
  await locked(parent, () => {
    const limits = load(parent);
    dropGone(parent, limits);
    delete limits.claims[lab];
    if (Object.keys(limits.claims).length > 0) {
      try {
        save(parent, limits);
      } catch {
        // A full disk: a claim of a lab without a record is dropped by the next one that looks.
      }
      return;
    }
    for (const [key, { before, value }] of Object.entries(limits.raised)) {
      if (readLimit(key) === value) writeLimit(key, before);
    }
    for (const path of [recordPath(parent), draftPath(parent)]) rmSync(path, { force: true });
  });
}

function raisesOf(family: Family, { claims, raised }: HostLimits): RaisedLimit[] {
  const entries = Object.values(claims).reduce((sum, claim) => sum + (claim[family] ?? 0), 0);
  if (entries === 0) return [];
  const last = neighbourLimitKey(family, 3);
  const now = readLimit(last);
  const known = raised[last];
  if (neighboursFit(entries, known?.value === now ? known.before : now)) return [];
  return Object.entries(neighbourLimits(family, entries)).flatMap(([key, to]) => {
    const from = readLimit(key);
    return from < to ? [{ key, from, to }] : [];
  });
}

/** Labs whose record was removed by hand. */
function dropGone(parent: string, { claims }: HostLimits): void {
  for (const lab of Object.keys(claims)) if (!existsSync(`${parent}/${lab}/journal.jsonl`)) delete claims[lab];
}

function limitPath(key: string): string {
  return `/proc/sys/${key.replaceAll(".", "/")}`;
}

function readLimit(key: string): number {
  try {
    return Number(readFileSync(limitPath(key), "utf8"));
  } catch (error) {
    throw cannot(key, error);
  }
}

function writeLimit(key: string, value: number): void {
  try {
    writeFileSync(limitPath(key), String(value), { flag: "r+" });
  } catch (error) {
    throw cannot(key, error);
  }
}

function cannot(key: string, error: unknown): HostError {
  const { code } = error as NodeJS.ErrnoException;
  const why =
    code === "ENOENT" ? "it is visible in the host's own network namespace only" : `refused (${code ?? "unknown"})`;
  return new HostError(
    `the host's neighbour tables cannot be changed from here: ${key}: ${why}`,
    "run k8snet-lab as root on the host itself, or set the limits there: k8snet-lab doctor LAB.yaml shows which",
    error,
  );
}

/** No lab's name begins with a dot. */
function recordPath(parent: string): string {
  return `${parent}/.host-limits`;
}

function draftPath(parent: string): string {
  return `${recordPath(parent)}.new`;
}

function load(parent: string): HostLimits {
  let text: string;
  try {
    text = readFileSync(recordPath(parent), "utf8");
  } catch {
    return { claims: {}, raised: {} };
  }
  return JSON.parse(text) as HostLimits;
}

/** Renamed into place: it is whole, whenever we are killed. */
function save(parent: string, limits: HostLimits): void {
  writeFileSync(draftPath(parent), JSON.stringify(limits), { mode: 0o600 });
  renameSync(draftPath(parent), recordPath(parent));
}

/** The lock is on the folder itself, which exists as long as a lab does. Nothing is awaited while it is held. */
async function locked<T>(parent: string, act: () => T): Promise<T> {
  const fd = openSync(parent, "r");
  try {
    const until = performance.now() + LOCK_LIMIT;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
      if (performance.now() > until) throw new Error(`${parent} stays locked by another process: see /proc/locks`);
      await sleep(5);
    }
    return act();
  } finally {
    closeSync(fd);
  }
}
