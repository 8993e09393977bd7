/**
 * Operations as they travel to an agent. A lab with a thousand Services has megabytes of rules: causes that many rules share are
 * sent once, and for what the agent already has (resources/resource-edit.ts) only the difference.
 */
import { hash } from "node:crypto";
import { EXIT, LabError } from "../errors.ts";
import type { Operation } from "../resources/operation.ts";
import { CauseTable, packParts, packResource, unpackParts, unpackResource } from "../resources/pack-causes.ts";
import type { PackedCause } from "../resources/pack-causes.ts";
import type { Resource } from "../resources/resource.ts";
import { applyEdit, editableText, editOf, isEditable, packEdit, unpackEdit } from "../resources/resource-edit.ts";
import type { Editable, ResourceEdit } from "../resources/resource-edit.ts";
import { isRuleSet, partsOf, withParts } from "../resources/iptables/rule-set.ts";
import type { RulePart, RuleSet } from "../resources/iptables/rule-set.ts";
import { PartFinder, partsFrom } from "../resources/shared-parts.ts";
import type { SharedPartList } from "../resources/shared-parts.ts";

interface PackedEdit extends Omit<Operation, "resource" | "before" | "edit"> {
  readonly resourceId: string;
  /** Which state of the resource the edit is about. */
  readonly base: string;
  readonly edit: ResourceEdit;
}

/** A rule set as a whole; places in its parts are places in `packed`. */
interface PackedRuleSet extends Omit<Operation, "resource" | "edit"> {
  /** Without its parts. */
  readonly head: RuleSet;
  readonly parts: SharedPartList;
}

type Packed = Operation | PackedEdit | PackedRuleSet;

export interface PackedOperations {
  readonly causes: readonly PackedCause[];
  readonly packed: readonly Packed[];
}

/** The code of the error that requests the whole: the agent's state is not the one that the edit refers to. */
export const OTHER_BASE = "EBASE";

const digests = new WeakMap<Editable, string>();

/** Digest of its text. An agent computes it in advance, see rememberDigests. */
function digestOf(resource: Editable): string {
  const known = digests.get(resource);
  if (known !== undefined) return known;
  const digest = hash("sha1", editableText(resource), "base64");
  digests.set(resource, digest);
  return digest;
}

/** So that the next edit finds the digest that it needs ready. */
export function rememberDigests(applied: Iterable<Resource>): void {
  for (const resource of applied) if (isEditable(resource)) digestOf(resource);
}

/** It was changed by hand: it is written whole. */
function isTouched(resource: Editable): boolean {
  if (resource.kind === "dns") return false;
  return "touched" in resource || partsOf(resource).some((part) => "touched" in part);
}

/** Of the old state only what the changing code needs: a DNS server reloads all of its zones. */
function lean(before: Resource): Resource {
  return before.kind === "dns" ? { ...before, zones: [] } : before;
}

class Packer {
  readonly table = new CauseTable();
  readonly #parts = new PartFinder();

  pack(operation: Operation, place: number, edits: boolean): Packed {
    const { resource, before, edit: _, ...rest } = operation;
    const { table } = this;
    if (edits && before !== undefined && isEditable(resource) && isEditable(before) && !isTouched(before)) {
      const edit = editOf(before, resource);
      if (edit !== undefined)
        return { ...rest, resourceId: resource.id, base: digestOf(before), edit: packEdit(edit, table) };
    }
    const was = before === undefined ? {} : { before: packResource(lean(before), table) };
    if (!isRuleSet(resource)) return { ...rest, resource, ...was };
    const parts = packParts(this.#parts.share(resource, place), table);
    return { ...rest, head: withParts(resource, []), parts, ...was };
  }
}

/** `edits`: the agent is thought to have the rule sets that the operations name as `before`. */
export function packOperations(operations: readonly Operation[], edits = true): PackedOperations {
  const packer = new Packer();
  const packed = operations.map((operation, place) => packer.pack(operation, place, edits));
  return { causes: packer.table.news(), packed };
}

/** `applied`: what the agent has. Throws LabError OTHER_BASE when an edit refers to another state. */
export function unpackOperations(
  { causes, packed }: PackedOperations,
  applied: ReadonlyMap<string, Resource>,
): readonly Operation[] {
  const table = new CauseTable();
  table.learn(causes);
  const parts: (readonly RulePart[])[] = [];
  return packed.map((operation, place) => {
    if ("resource" in operation) return operation;
    if ("head" in operation) {
      const { head, parts: list, before, ...rest } = operation;
      if (before !== undefined) unpackResource(before, table);
      const all = partsFrom(unpackParts(list, table), (which) => parts[which] ?? []);
      parts[place] = all;
      return { ...rest, resource: withParts(head, all), ...(before === undefined ? {} : { before }) };
    }
    return unpackChange(operation, table, applied);
  });
}

function unpackChange(
  { resourceId, base, ...rest }: PackedEdit,
  table: CauseTable,
  applied: ReadonlyMap<string, Resource>,
): Operation {
  const before = applied.get(resourceId);
  if (before === undefined || !isEditable(before) || digestOf(before) !== base) {
    throw new LabError(OTHER_BASE, EXIT.buildFailed, `${resourceId} is not what the change expects`, {
      hint: "send it whole",
    });
  }
  const edit = unpackEdit(rest.edit, table);
  return { ...rest, resource: applyEdit(before, edit), before, edit };
}
