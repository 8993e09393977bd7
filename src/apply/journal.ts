/**
 * The lab's own record, written before anything is done: from it alone a lab can be taken down or taken over.
 * JSON lines in STATE/journal.jsonl, appended synchronously; a line cut short by a kill was never acted on.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Action } from "../plan/operation.ts";
import { netnsName } from "../plan/resource.ts";
import type { Resource } from "../plan/resource.ts";

export type IptablesFingerprint = Readonly<Record<string, readonly string[]>>;

export type JournalEntry =
  /** An agent takes the lab. `id` is in the environment of all its processes and names its private mount of /run. */
  | {
      readonly t: "agent";
      readonly lab: string;
      readonly id: string;
      readonly file: string;
      readonly pid: number;
      readonly version: string;
      readonly at: string;
    }
  /** About to do this. */
  | { readonly t: "do"; readonly action: Action; readonly resource: Resource }
  /** A delete has been done. */
  | { readonly t: "gone"; readonly id: string }
  /** The kernel took nothing of the last change: it is as it was before. */
  | { readonly t: "refused"; readonly resource: Resource; readonly chains: IptablesFingerprint | undefined }
  /** The namespace existed before us: not ours, never to be removed. */
  | { readonly t: "foreign"; readonly id: string }
  /** What iptables-save showed after a restore. */
  | { readonly t: "iptables"; readonly id: string; readonly chains: IptablesFingerprint }
  /** The value of a sysctl before it was first set. */
  | { readonly t: "was"; readonly id: string; readonly value: string }
  /** About to raise limits of the host, see host-limits.ts. */
  | { readonly t: "host-limits" }
  | { readonly t: "commit" }
  | { readonly t: "down" };

/** What the journal says, kept up to date in memory. */
export class LabRecord {
  lab = "";
  file = "";
  committed = false;
  goingDown = false;
  /** Limits of the host may be raised for this lab. */
  hostLimits = false;
  /** Ids of all agents that ever had this lab. */
  readonly ids: string[] = [];
  /** Resources that this lab made (or was about to make), by id. */
  readonly applied = new Map<string, Resource>();
  readonly fingerprints = new Map<string, IptablesFingerprint>();
  /** Values that sysctls had before, by resource id. */
  readonly former = new Map<string, string>();
  /** Host-visible names of the namespaces that are ours, by resource id. */
  readonly netns = new Map<string, string>();

  take(entry: JournalEntry): void {
    switch (entry.t) {
      case "agent":
        this.lab = entry.lab;
        this.file = entry.file;
        this.ids.push(entry.id);
        break;
      case "do":
        if (entry.action === "delete") break; // still ours until it is gone
        this.applied.set(entry.resource.id, entry.resource);
        this.fingerprints.delete(entry.resource.id); // unknown until the restore is through
        if (entry.resource.kind === "netns") this.netns.set(entry.resource.id, netnsName(this.lab, entry.resource));
        break;
      case "refused":
        this.applied.set(entry.resource.id, entry.resource);
        if (entry.chains !== undefined) this.fingerprints.set(entry.resource.id, entry.chains);
        break;
      case "gone":
      case "foreign":
        this.applied.delete(entry.id);
        this.fingerprints.delete(entry.id);
        this.former.delete(entry.id);
        this.netns.delete(entry.id);
        break;
      case "iptables":
        if (this.applied.has(entry.id)) this.fingerprints.set(entry.id, entry.chains);
        break;
      case "was":
        if (!this.former.has(entry.id)) this.former.set(entry.id, entry.value);
        break;
      case "host-limits":
        this.hostLimits = true;
        break;
      case "commit":
        this.committed = true;
        break;
      case "down":
        this.goingDown = true;
        break;
    }
  }
}

/** An open journal and the record that it amounts to. */
export class Journal {
  readonly record = new LabRecord();
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, "a+", 0o600);
    const text = readFileSync(path, "utf8");
    for (const entry of parseJournal(text)) this.record.take(entry);
    if (text !== "" && !text.endsWith("\n")) writeSync(this.#fd, "\n");
  }

  /** Written when this returns. */
  write(...entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    writeAll(this.#fd, `${entries.map((entry) => JSON.stringify(entry)).join("\n")}\n`);
    for (const entry of entries) this.record.take(entry);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Entries of a journal's text; lines that a kill cut short are left out. */
export function parseJournal(text: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      entries.push(JSON.parse(line) as JournalEntry);
    } catch {
      // cut short: what it announces was never done
    }
  }
  return entries;
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
