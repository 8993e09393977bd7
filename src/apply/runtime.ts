/** What a lab has open in this agent: namespaces, servers, processes; and where its files are. */
import { mkdirSync } from "node:fs";
import { EXIT, LabError } from "../errors.ts";
import { closeNetns, isNamed, openNetns, type NetnsHandle } from "../kernel/netns.ts";
import type { ChainTexts } from "../resources/iptables/restore-input.ts";
import type { Written } from "../kernel/nftables/transaction.ts";
import type { Family } from "../net/family.ts";
import type { ResourceKind } from "../resources/resource.ts";
import type { Held, Starters } from "./held.ts";
import type { Journal } from "./journal.ts";
import type { ApplyContext } from "./kind.ts";
import { KnownRules } from "./known-rules.ts";
import type { Machine } from "./machine.ts";
import { readBeginning } from "./beginning.ts";
import { newlyInherited } from "../resources/sysctl/inherited.ts";
import { ReadBacks } from "./readback.ts";

/** It was removed by something other than the lab. */
export function goneNamespace(ns: string): LabError {
  return new LabError("ENETNS", EXIT.buildFailed, `namespace ${ns} is gone`, { hint: "`up` builds it again" });
}

export class LabRuntime implements ApplyContext {
  readonly lab: string;
  /** STATE: the lab's state folder. */
  readonly folder: string;
  readonly journal: Journal;
  /** Of kinds that this agent serves. */
  starters: Starters;
  machine: Machine | undefined;
  /** State of the operations in progress; cleared when they are done. */
  nftWritten: Written | undefined;
  chainTexts: ChainTexts | undefined;
  /** While operations are done: to the client that requested them. */
  say: ((text: string) => void) | undefined;
  readonly readBacks: ReadBacks;
  readonly knownRules = new KnownRules();
  readonly #held = new Map<ResourceKind, Map<string, Held>>();
  /** No longer wanted, but not at their end yet. */
  readonly retired = new Set<Held>();
  /** `NAMESPACE FAMILY` of those that have been made just now. */
  readonly #withoutRules = new Set<string>();
  readonly #handles = new Map<string, NetnsHandle>();

  constructor(lab: string, folder: string, journal: Journal, starters: Starters = {}) {
    this.lab = lab;
    this.folder = folder;
    this.journal = journal;
    this.starters = starters;
    this.readBacks = new ReadBacks((entries) => journal.write(...entries));
  }

  readonly former: NonNullable<ApplyContext["former"]> = {
    get: (id) => this.journal.record.former.get(id),
    keep: (id, value) => {
      if (!this.journal.record.former.has(id)) this.journal.write({ t: "was", id, value });
    },
  };

  /** While operations are done: new namespaces have been looked at, all others begin alike. */
  inheritanceKnown = false;

  lookAtNew(handle: NetnsHandle, isOwn: boolean): void {
    if (this.inheritanceKnown && !isOwn) return;
    if (!isOwn) this.inheritanceKnown = true;
    const values = newlyInherited(readBeginning(handle, isOwn), this.journal.record.inherited);
    if (values !== undefined) this.journal.write({ t: "inherited", values });
  }

  readonly identities: ApplyContext["identities"] = {
    get: (id) => this.journal.record.identities.get(id),
    keep: (id, identity) => this.journal.write({ t: "netns", id, ...identity }),
  };

  /** What the agent holds of a kind, by ids of resources. `T`: as its starter makes it. */
  held<T extends Held>(kind: ResourceKind): Map<string, T> {
    const known = this.#held.get(kind) ?? new Map<string, Held>();
    this.#held.set(kind, known);
    return known as Map<string, T>;
  }

  get allHeld(): readonly (readonly [id: string, held: Held])[] {
    return [...this.#held.values()].flatMap((held) => [...held]);
  }

  forgetHeld(): void {
    this.#held.clear();
    this.retired.clear();
  }

  netns(ns: string): NetnsHandle {
    const handle = this.#handles.get(ns);
    if (handle === undefined) throw goneNamespace(ns);
    return handle;
  }

  find(ns: string): NetnsHandle | undefined {
    return this.#handles.get(ns);
  }

  get namespaces(): readonly string[] {
    return [...this.#handles.keys()];
  }

  registerNetns(ns: string, handle: NetnsHandle, isNew = false): void {
    if (isNew) this.#withoutRules.add(`${ns} ipv4`).add(`${ns} ipv6`);
    const old = this.#handles.get(ns);
    if (old !== undefined && old.fd !== handle.fd) closeNetns(old);
    this.#handles.set(ns, handle);
  }

  /** True once for a namespace that this agent has made: iptables has not been used there. */
  takeWithoutRules(ns: string, family: Family): boolean {
    return this.#withoutRules.delete(`${ns} ${family}`);
  }

  forgetNetns(ns: string): void {
    const handle = this.#handles.get(ns);
    if (handle === undefined) return;
    this.#handles.delete(ns);
    try {
      closeNetns(handle);
    } catch {
      // closed by the code that removed it
    }
  }

  /** Open again what the journal names; namespaces that are gone stay unknown. */
  reopen(): void {
    for (const [id, name] of this.journal.record.netns) {
      const resource = this.journal.record.applied.get(id);
      if (resource === undefined || this.#handles.has(resource.ns)) continue;
      // Gone or replaced: observed as missing.
      if (isNamed(name, this.identities.get(id)) === true) this.#handles.set(resource.ns, openNetns(name));
    }
  }

  /** A subfolder of the state folder, created if missing. */
  subfolder(name: string): string {
    const path = `${this.folder}/${name}`;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }
}
