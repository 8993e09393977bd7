/**
 * The lab's own record, written before anything is done: from it alone a lab can be taken down or taken over.
 * JSON lines in STATE/journal.jsonl, appended synchronously; a line cut short by a kill was never acted on.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { cannotWrite } from "../errors.ts";
import type { NetnsIdentity } from "../kernel/netns.ts";
import type { Action } from "../resources/operation.ts";
import { CauseTable, packResource, unpackResource } from "../resources/pack-causes.ts";
import type { PackedCause } from "../resources/pack-causes.ts";
import { DeviceIndexes } from "./device-indexes.ts";
import { applyEdit, isEditable, packEdit, unpackEdit } from "../resources/resource-edit.ts";
import type { ResourceEdit } from "../resources/resource-edit.ts";
import { netnsName } from "../net/netns-name.ts";
import type { Resource } from "../resources/resource.ts";

export type IptablesFingerprint = Readonly<Record<string, readonly string[]>>;

export type JournalEntry =
  /** An agent adopts the lab. `id` is in the environment of all its processes and names its private mount of /run. */
  | {
      readonly t: "agent";
      readonly lab: string;
      readonly id: string;
      readonly file: string;
      readonly pid: number;
      readonly version: string;
      readonly at: string;
    }
  /** About to do this. With `edit`: the difference from the current resource, and all that is recorded. */
  | {
      readonly t: "do";
      readonly action: Action;
      readonly resource: Resource;
      readonly edit?: ResourceEdit | undefined;
    }
  /** A delete has been done. */
  | { readonly t: "gone"; readonly id: string }
  /** The kernel accepted nothing of the last change: the state is as before. */
  | { readonly t: "refused"; readonly resource: Resource; readonly chains: IptablesFingerprint | undefined }
  /** About to give this namespace the name of the resource: another one of that name is foreign. */
  | ({ readonly t: "netns"; readonly id: string } & NetnsIdentity)
  /** The numbers (ifindex) that devices of the lab have in a namespace, by name. */
  | { readonly t: "devices"; readonly ns: string; readonly links: Readonly<Record<string, number>> }
  /** The namespace existed before us: not ours, never to be removed. */
  | { readonly t: "foreign"; readonly id: string }
  /** What iptables-save showed after a restore. With `gone`: only what is new since it was last read, and what no longer exists. */
  | {
      readonly t: "iptables";
      readonly id: string;
      readonly chains: IptablesFingerprint;
      readonly gone?: readonly string[] | undefined;
    }
  /** The value of a sysctl before it was first set. */
  | { readonly t: "was"; readonly id: string; readonly value: string }
  /** About to raise limits of the host, see host-limits.ts. */
  | { readonly t: "host-limits" }
  | { readonly t: "commit" }
  | { readonly t: "down" };

/** As stored in the file: causes by number, each written before the first entry that refers to it. */
type JournalLine =
  | Exclude<JournalEntry, { t: "do" }>
  | { readonly t: "do"; readonly action: Action; readonly resource: Resource }
  | { readonly t: "edit"; readonly id: string; readonly edit: ResourceEdit }
  | { readonly t: "causes"; readonly causes: readonly PackedCause[] };

/** The contents of the journal, kept up to date in memory. */
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
  /** Fingerprints from before the last change. */
  readonly #outdated = new Map<string, IptablesFingerprint>();
  readonly #causes = new CauseTable();
  /** Values that sysctls had before, by resource id. */
  readonly former = new Map<string, string>();
  /** Host-visible names of the namespaces that are ours, by resource id. */
  readonly netns = new Map<string, string>();
  readonly devices = new DeviceIndexes();
  /** Which namespaces they are, by resource id; unknown until one is about to be named. */
  readonly identities = new Map<string, NetnsIdentity>();

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
        if (entry.action === "create" || entry.resource.kind !== "netns") this.devices.forget(entry.resource);
        this.#outdate(entry.resource.id);
        if (entry.resource.kind === "netns") this.netns.set(entry.resource.id, netnsName(this.lab, entry.resource));
        break;
      case "refused":
        this.applied.set(entry.resource.id, entry.resource);
        this.#outdated.delete(entry.resource.id);
        if (entry.chains !== undefined) this.fingerprints.set(entry.resource.id, entry.chains);
        break;
      case "gone":
      case "foreign": {
        const gone = this.applied.get(entry.id);
        if (gone !== undefined) this.devices.forget(gone);
        this.applied.delete(entry.id);
        this.fingerprints.delete(entry.id);
        this.#outdated.delete(entry.id);
        this.former.delete(entry.id);
        this.netns.delete(entry.id);
        this.identities.delete(entry.id);
        break;
      }
      case "devices":
        this.devices.learn(entry.ns, entry.links);
        break;
      case "netns":
        this.identities.set(entry.id, { inode: entry.inode, cookie: entry.cookie });
        break;
      case "iptables":
        this.#takeFingerprint(entry);
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

  /** A line of the file. */
  read(line: JournalLine): void {
    if (line.t === "causes") this.#causes.learn(line.causes);
    else if (line.t === "do" || line.t === "refused")
      this.take({ ...line, resource: unpackResource(line.resource, this.#causes) });
    else if (line.t === "edit") {
      const before = this.applied.get(line.id);
      const edit = unpackEdit(line.edit, this.#causes);
      if (before !== undefined && isEditable(before))
        this.take({ t: "do", action: "update", resource: applyEdit(before, edit) });
    } else this.take(line);
  }

  /** The lines that say it. */
  lines(entry: JournalEntry): readonly JournalLine[] {
    if (entry.t !== "do" && entry.t !== "refused") return [entry];
    const line: JournalLine =
      entry.t === "do" && entry.edit !== undefined
        ? {
            t: "edit",
            id: entry.resource.id,
            edit: packEdit(entry.edit, this.#causes),
          }
        : { ...entry, resource: packResource(entry.resource, this.#causes) };
    const causes = this.#causes.news();
    return causes.length === 0 ? [line] : [{ t: "causes", causes }, line];
  }

  /** What is new since the resource was last read, if known. */
  fingerprintEntry(id: string, chains: IptablesFingerprint): JournalEntry {
    const before = this.#outdated.get(id);
    if (before === undefined) return { t: "iptables", id, chains };
    const changed = Object.entries(chains).filter(([name, lines]) => !sameLines(lines, before[name]));
    const gone = Object.keys(before).filter((name) => chains[name] === undefined);
    return { t: "iptables", id, chains: Object.fromEntries(changed), gone };
  }

  /** Unknown until the restore has finished and has been read. */
  #outdate(id: string): void {
    const before = this.fingerprints.get(id);
    if (before !== undefined) this.#outdated.set(id, before);
    this.fingerprints.delete(id);
  }

  #takeFingerprint({ id, chains, gone }: Extract<JournalEntry, { t: "iptables" }>): void {
    if (!this.applied.has(id)) return;
    if (gone === undefined) this.fingerprints.set(id, chains);
    else {
      const whole = { ...this.#outdated.get(id), ...chains };
      for (const name of gone) delete whole[name];
      this.fingerprints.set(id, whole);
    }
    this.#outdated.delete(id);
  }
}

function sameLines(lines: readonly string[], others: readonly string[] | undefined): boolean {
  return lines.length === others?.length && lines.every((line, index) => line === others[index]);
}

/** An open journal and the record that it amounts to. */
export class Journal {
  readonly record = new LabRecord();
  readonly #path: string;
  readonly #fd: number;
  /** Causes that later lines name by their numbers, and that could not be written. */
  #owed: JournalLine[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, "a+", 0o600);
    const bytes = readFileSync(path);
    for (const line of parseJournal(bytes.toString("utf8"))) this.record.read(line);
    // Taking away needs no room, where a line end to close what was cut short would.
    const whole = bytes.lastIndexOf("\n") + 1;
    if (whole < bytes.length) ftruncateSync(this.#fd, whole);
  }

  /** Written when this returns. Throws HostError on failure: then none of it is in the file. */
  write(...entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    const lines = [...this.#owed, ...entries.flatMap((entry) => this.record.lines(entry))];
    try {
      writeAll(this.#fd, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
      this.#owed = [];
    } catch (error) {
      this.#owed = lines.filter(({ t }) => t === "causes");
      throw cannotWrite(this.#path, error);
    }
    for (const entry of entries) this.record.take(entry);
  }

  /** Like write(), for removals: known to us even when it cannot be written, and detected again by the next agent. */
  note(...entries: readonly JournalEntry[]): void {
    try {
      this.write(...entries);
    } catch {
      for (const entry of entries) this.record.take(entry);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Lines of a journal's text; those that a kill cut short are left out. */
export function parseJournal(text: string): JournalLine[] {
  const entries: JournalLine[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      entries.push(JSON.parse(line) as JournalLine);
    } catch {
      // cut short: what it announces was never done
    }
  }
  return entries;
}

/** All or nothing: half a line would spoil the next one. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  const { size } = fstatSync(fd);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
}
