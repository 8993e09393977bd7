/**
 * The lab's own record, written before anything is done: from it alone a lab can be taken down or taken over.
 * JSON lines in STATE/journal.jsonl, appended synchronously; a line cut short by a kill was never acted on.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { cannotWrite } from "../errors.ts";
import type { NetnsIdentity } from "../kernel/netns.ts";
import { storedPart } from "../resources/definitions.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Action } from "../resources/operation.ts";
import { isRuleSet, partsOf, withParts, type RuleSet } from "../resources/iptables/rule-set.ts";
import { mergeInherited, type InheritedValues } from "../resources/sysctl/inherited.ts";
import { packResource, unpackResource } from "../resources/pack-causes.ts";
import { DeviceIndexes } from "./device-indexes.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { SharedTables, type TableLine } from "../resources/shared-tables.ts";
import { sameLines, type Listings, type Runs } from "../resources/listings.ts";
import { applyEdit, packEdit, unpackEdit, type ResourceEdit } from "../resources/resource-edit.ts";
import { netnsName } from "../net/netns-name.ts";
import type { Resource } from "../resources/resource.ts";

/** As stored in the file: what entries have in common by number, after the line that numbers it. */
type JournalLine =
  | Exclude<JournalEntry, { t: "do" | "iptables" }>
  | { readonly t: "do"; readonly action: Action; readonly resource: Resource }
  /** A rule set without its parts, and their numbers. */
  | { readonly t: "rules"; readonly action: Action; readonly head: RuleSet; readonly parts: Runs }
  | { readonly t: "edit"; readonly id: string; readonly edit: ResourceEdit }
  | {
      readonly t: "iptables";
      readonly id: string;
      readonly gone?: readonly string[] | undefined;
      /** Numbers of listings. */
      readonly runs?: Runs;
      /** As 0.1.0 wrote it. */
      readonly chains?: Listings;
    }
  | TableLine;

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
  /** What tools showed of rule sets after they were applied, by resource id. */
  readonly #fingerprints = new Map<string, Runs>();
  /** Fingerprints from before the last change. */
  readonly #outdated = new Map<string, Runs>();
  readonly #tables = new SharedTables();
  /** Values that sysctls had before, by resource id. */
  readonly former = new Map<string, string>();
  /** What namespaces began with, before anything was set in them. */
  inherited: InheritedValues = {};
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
        if (entry.action === "create" || !isNetns(entry.resource)) this.devices.forget(entry.resource);
        this.#outdate(entry.resource.id);
        if (isNetns(entry.resource)) this.netns.set(entry.resource.id, netnsName(this.lab, entry.resource));
        break;
      case "refused":
        this.applied.set(entry.resource.id, entry.resource);
        this.#outdated.delete(entry.resource.id);
        if (entry.chains !== undefined)
          this.#fingerprints.set(entry.resource.id, this.#tables.listings.numbersOf(entry.chains));
        break;
      case "gone":
      case "foreign": {
        const gone = this.applied.get(entry.id);
        if (gone !== undefined) this.devices.forget(gone);
        this.applied.delete(entry.id);
        this.#fingerprints.delete(entry.id);
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
      case "inherited":
        this.inherited = mergeInherited([this.inherited, entry.values]);
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
    const { causes } = this.#tables;
    switch (line.t) {
      case "causes":
      case "parts":
      case "listings":
        this.#tables.learn(line);
        break;
      case "do":
      case "refused":
        this.take({ ...line, resource: unpackResource(line.resource, causes) });
        break;
      case "rules": {
        const head = unpackResource(line.head, causes) as RuleSet;
        const resource = withParts(head, this.#tables.partsAt(line.parts));
        this.take({ t: "do", action: line.action, resource });
        break;
      }
      case "edit": {
        const before = this.applied.get(line.id);
        const edit = unpackEdit(line.edit, causes);
        if (before !== undefined) this.take({ t: "do", action: "update", resource: applyEdit(before, edit) });
        break;
      }
      case "iptables": {
        const { t, id, gone, runs = [], chains = this.#tables.listings.at(runs) } = line;
        this.take({ t, id, gone, chains });
        break;
      }
      default:
        this.take(line);
    }
  }

  /** The lines that say it. */
  lines(entry: JournalEntry): readonly JournalLine[] {
    const line = this.#line(entry);
    return [...this.#tables.news(), line];
  }

  #line(entry: JournalEntry): JournalLine {
    const { causes } = this.#tables;
    if (entry.t === "iptables") {
      const { t, id, gone, chains } = entry;
      return { t, id, gone, runs: this.#tables.listings.numbersOf(chains) };
    }
    if (entry.t === "refused") return { ...entry, resource: packResource(storedPart(entry.resource), causes) };
    if (entry.t !== "do") return entry;
    const { action, resource, edit } = entry;
    if (edit !== undefined) return { t: "edit", id: resource.id, edit: packEdit(edit, causes) };
    if (!isRuleSet(resource)) return { t: "do", action, resource: packResource(storedPart(resource), causes) };
    const parts = this.#tables.numbersOf(partsOf(resource));
    return { t: "rules", action, head: packResource(withParts(resource, []), causes) as RuleSet, parts };
  }

  /** All of the file has been read. */
  allRead(): void {
    this.#tables.allRead();
  }

  get withFingerprint(): Iterable<string> {
    return this.#fingerprints.keys();
  }

  fingerprint(id: string): Listings | undefined {
    const runs = this.#fingerprints.get(id);
    return runs === undefined ? undefined : this.#tables.listings.at(runs);
  }

  /** What is new since the resource was last read, if known. */
  fingerprintEntry(id: string, chains: Listings): JournalEntry {
    const runs = this.#outdated.get(id);
    if (runs === undefined) return { t: "iptables", id, chains };
    const before = this.#tables.listings.at(runs);
    const changed = Object.entries(chains).filter(([name, lines]) => !sameLines(lines, before[name]));
    const gone = Object.keys(before).filter((name) => chains[name] === undefined);
    return { t: "iptables", id, chains: Object.fromEntries(changed), gone };
  }

  /** Unknown until the restore has finished and has been read. */
  #outdate(id: string): void {
    const before = this.#fingerprints.get(id);
    if (before !== undefined) this.#outdated.set(id, before);
    this.#fingerprints.delete(id);
  }

  #takeFingerprint({ id, chains, gone }: Extract<JournalEntry, { t: "iptables" }>): void {
    if (!this.applied.has(id)) return;
    const { listings } = this.#tables;
    if (gone === undefined) this.#fingerprints.set(id, listings.numbersOf(chains));
    else {
      const whole = { ...listings.at(this.#outdated.get(id) ?? []), ...chains };
      for (const name of gone) delete whole[name];
      this.#fingerprints.set(id, listings.numbersOf(whole));
    }
    this.#outdated.delete(id);
  }
}

/** An open journal and the record that it amounts to. */
export class Journal {
  readonly record = new LabRecord();
  readonly #path: string;
  readonly #fd: number;
  /** What later lines refer to by number, and could not be written. */
  #deferred: JournalLine[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, "a+", 0o600);
    const bytes = readFileSync(path);
    for (const line of parseJournal(bytes.toString("utf8"))) this.record.read(line);
    this.record.allRead();
    // Taking away needs no room, where a line end to close what was cut short would.
    const whole = bytes.lastIndexOf("\n") + 1;
    if (whole < bytes.length) ftruncateSync(this.#fd, whole);
  }

  /** Written when this returns. Throws HostError on failure: then none of it is in the file. */
  write(...entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    const lines = [...this.#deferred, ...entries.flatMap((entry) => this.record.lines(entry))];
    try {
      writeAll(this.#fd, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
      this.#deferred = [];
    } catch (error) {
      this.#deferred = lines.filter(({ t }) => t === "causes" || t === "parts" || t === "listings");
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
