/**
 * Operations as they travel to an agent. A lab with a thousand Services has megabytes of rules: causes that many rules share are
 * sent once, and for what the agent already has (resources/resource-edit.ts) only the difference.
 */
import { hash } from "node:crypto";
import { EXIT, LabError } from "../errors.ts";
import { perObject } from "../memo.ts";
import type { Operation } from "../resources/operation.ts";
import { CauseTable, packParts, packResource, unpackParts, unpackResource } from "../resources/pack-causes.ts";
import type { PackedCause } from "../resources/pack-causes.ts";
import type { Resource } from "../resources/resource.ts";
import { applyEdit, editForm, packEdit, unpackEdit, type ResourceEdit } from "../resources/resource-edit.ts";
import { isRuleSet, withParts, type RulePart, type RuleSet } from "../resources/iptables/rule-set.ts";
import { PartFinder, partsFrom, type SharedPartList } from "../resources/shared-parts.ts";

/** An operation without what its resource says already. */
interface PackedHead extends Pick<Operation, "action" | "reason" | "before"> {
  /** Places in the list of operations; ids where they are not in it. */
  readonly needs: readonly (number | string)[];
  readonly id?: string;
  readonly node?: string;
  /** A number in the table of causes. */
  readonly cause?: number;
}

interface PackedWhole extends PackedHead {
  readonly resource: Resource;
}

interface PackedEdit extends PackedHead {
  readonly resourceId: string;
  /** Which state of the resource the edit is about. */
  readonly base: string;
  readonly edit: ResourceEdit;
}

/** A rule set as a whole; places in its parts are places in `packed`. */
interface PackedRuleSet extends PackedHead {
  /** Without its parts. */
  readonly head: RuleSet;
  readonly parts: SharedPartList;
}

type Packed = PackedWhole | PackedEdit | PackedRuleSet;

/** Some of the operations of a list, in its order. What an earlier portion has made known is not repeated. */
export interface PackedOperations {
  /** The place in the list of the first one. */
  readonly from: number;
  readonly causes: readonly PackedCause[];
  readonly packed: readonly Packed[];
}

/** So many operations at a time: neither side ever has a large lab's plan as one text, and one packs while the other unpacks. */
const PORTION = 1000;

/** The code of the error that requests the whole: the agent's state is not the one that the edit refers to. */
export const OTHER_BASE = "EBASE";

/** Digest of its text. An agent computes it in advance, see rememberDigests. */
const digestOf = perObject((resource: Resource) => hash("sha1", editForm(resource)?.text(resource) ?? "", "base64"));

/** So that the next edit finds the digest that it needs ready. */
export function rememberDigests(applied: Iterable<Resource>): void {
  for (const resource of applied) if (editForm(resource) !== undefined) digestOf(resource);
}

function usualId({ action }: Pick<Operation, "action">, resourceId: string): string {
  return `${action} ${resourceId}`;
}

class Packer {
  readonly table = new CauseTable();
  readonly #parts = new PartFinder();
  readonly #places = new Map<string, number>();

  pack(operation: Operation, place: number, edits: boolean): Packed {
    const { resource, before } = operation;
    const { table } = this;
    const head = this.#head(operation);
    this.#places.set(operation.id, place);
    const form = before?.kind === resource.kind ? editForm(before) : undefined;
    if (edits && before !== undefined && form !== undefined && form.isTouched?.(before) !== true) {
      const edit = packEdit(form.edit(before, resource), table);
      return { ...head, resourceId: resource.id, base: digestOf(before), edit };
    }
    const was =
      before === undefined ? {} : { before: packResource((form?.lean?.(before) ?? before) as Resource, table) };
    if (!isRuleSet(resource)) return { ...head, resource: packResource(resource, table), ...was };
    const parts = packParts(this.#parts.share(resource, place), table);
    return { ...head, head: packResource(withParts(resource, []), table) as RuleSet, parts, ...was };
  }

  #head({ id, action, reason, node, cause, dependsOn, resource }: Operation): PackedHead {
    return {
      action,
      needs: dependsOn.map((other) => this.#places.get(other) ?? other),
      ...(reason === undefined ? {} : { reason }),
      ...(id === usualId({ action }, resource.id) ? {} : { id }),
      ...(node === resource.node ? {} : { node }),
      ...(cause === resource.cause ? {} : { cause: this.table.numberOf(cause) }),
    };
  }
}

/** `edits`: the agent is thought to have the rule sets that the operations name as `before`. Made one by one, at least one. */
export function* packedPortions(
  operations: readonly Operation[],
  edits: boolean,
  size = PORTION,
): Generator<PackedOperations> {
  const packer = new Packer();
  for (let from = 0; from === 0 || from < operations.length; from += size) {
    const packed = operations.slice(from, from + size).map((one, index) => packer.pack(one, from + index, edits));
    yield { from, causes: packer.table.news(), packed };
  }
}

/** All in one portion. */
export function packOperations(operations: readonly Operation[], edits = true): PackedOperations {
  const [whole] = packedPortions(operations, edits, Infinity);
  return whole as PackedOperations;
}

/** Takes the portions of one list. */
export class Unpacker {
  readonly #applied: ReadonlyMap<string, Resource>;
  readonly #table = new CauseTable();
  readonly #parts: (readonly RulePart[])[] = [];
  readonly operations: Operation[] = [];

  /** `applied`: what the agent has. */
  constructor(applied: ReadonlyMap<string, Resource>) {
    this.#applied = applied;
  }

  /** The operations so far. Throws LabError OTHER_BASE when an edit refers to another state. */
  take({ from, causes, packed }: PackedOperations): readonly Operation[] {
    const { operations } = this;
    if (from !== operations.length) throw new Error(`operations from ${from} on after the first ${operations.length}`);
    this.#table.learn(causes);
    for (const one of packed) operations.push(this.#unpack(one));
    return operations;
  }

  #unpack(one: Packed): Operation {
    const table = this.#table;
    if (one.before !== undefined) unpackResource(one.before, table);
    const place = this.operations.length;
    const what = unpackWhat(
      one,
      table,
      this.#applied,
      (list) => (this.#parts[place] = partsFrom(list, (which) => this.#parts[which] ?? [])),
    );
    const { resource } = what;
    return {
      id: one.id ?? usualId(one, resource.id),
      action: one.action,
      node: one.node ?? resource.node,
      cause: one.cause === undefined ? resource.cause : table.at(one.cause),
      dependsOn: one.needs.map((need) => (typeof need === "string" ? need : (this.operations[need]?.id ?? ""))),
      ...(one.reason === undefined ? {} : { reason: one.reason }),
      ...(one.before === undefined ? {} : { before: one.before }),
      ...what,
    };
  }
}

function unpackWhat(
  one: Packed,
  table: CauseTable,
  applied: ReadonlyMap<string, Resource>,
  expand: (list: SharedPartList) => readonly RulePart[],
): Pick<Operation, "resource" | "before" | "edit"> {
  if ("resource" in one) return { resource: unpackResource(one.resource, table) };
  if ("head" in one) {
    const head = unpackResource(one.head, table) as RuleSet;
    return { resource: withParts(head, expand(unpackParts(one.parts, table))) };
  }
  const before = applied.get(one.resourceId);
  if (before === undefined || digestOf(before) !== one.base) {
    throw new LabError(OTHER_BASE, EXIT.buildFailed, `${one.resourceId} is not what the change expects`, {
      hint: "send it whole",
    });
  }
  const edit = unpackEdit(one.edit, table);
  return { resource: applyEdit(before, edit), before, edit };
}
