/**
 * Operations as they travel to an agent. A lab with a thousand Services has megabytes of rules: causes that many rules share are
 * sent once, and of a rule set that the agent has already only what differs.
 */
import { hash } from "node:crypto";
import type { Cause } from "../cause.ts";
import { EXIT, LabError } from "../errors.ts";
import type { Operation } from "../plan/operation.ts";
import { CauseTable, packParts, packResource, unpackParts, unpackResource } from "../plan/pack-causes.ts";
import type { Resource } from "../plan/resource.ts";
import { applyEdit, editOf, isRuleSet, partsOf, ruleSetText } from "../plan/rule-set.ts";
import type { RuleSet, RuleSetEdit } from "../plan/rule-set.ts";

interface PackedEdit extends Omit<Operation, "resource" | "before" | "edit"> {
  readonly resourceId: string;
  /** Which state of the resource the edit is about. */
  readonly base: string;
  readonly edit: RuleSetEdit;
}

export interface PackedOperations {
  readonly causes: readonly Cause[];
  readonly packed: readonly (Operation | PackedEdit)[];
}

/** The code of the error that asks for the whole: the agent has another state than the edit is about. */
export const OTHER_BASE = "EBASE";

const digests = new WeakMap<RuleSet, string>();

/** Of a rule set's text. An agent works it out ahead, see rememberDigest. */
function digestOf(resource: RuleSet): string {
  const known = digests.get(resource);
  if (known !== undefined) return known;
  const digest = hash("sha1", ruleSetText(resource), "base64");
  digests.set(resource, digest);
  return digest;
}

/** So that the next edit finds the digest of what it is about ready. */
export function rememberDigests(applied: Iterable<Resource>): void {
  for (const resource of applied) if (isRuleSet(resource)) digestOf(resource);
}

/** Somebody has changed it by hand: it is written as a whole. */
function isTouched(resource: RuleSet): boolean {
  return "touched" in resource || partsOf(resource).some((part) => "touched" in part);
}

/** Of what was there before, no more than who changes it asks for: a DNS server takes all of its zones anew. */
function lean(before: Resource): Resource {
  return before.kind === "dns" ? { ...before, zones: [] } : before;
}

function packOperation(operation: Operation, table: CauseTable, edits: boolean): Operation | PackedEdit {
  const { resource, before, edit: _, ...rest } = operation;
  if (edits && before !== undefined && isRuleSet(resource) && isRuleSet(before) && !isTouched(before)) {
    const { head, parts } = editOf(before, resource);
    return { ...rest, resourceId: resource.id, base: digestOf(before), edit: { head, parts: packParts(parts, table) } };
  }
  return {
    ...rest,
    resource: packResource(resource, table),
    ...(before === undefined ? {} : { before: packResource(lean(before), table) }),
  };
}

/** `edits`: the agent is thought to have the rule sets that the operations name as `before`. */
export function packOperations(operations: readonly Operation[], edits = true): PackedOperations {
  const table = new CauseTable();
  const packed = operations.map((operation) => packOperation(operation, table, edits));
  return { causes: table.news(), packed };
}

/** `applied`: what the agent has. Throws LabError OTHER_BASE when an edit is about something else. */
export function unpackOperations(
  { causes, packed }: PackedOperations,
  applied: ReadonlyMap<string, Resource>,
): readonly Operation[] {
  const table = new CauseTable();
  table.learn(causes);
  return packed.map((operation) => {
    if ("resource" in operation) {
      unpackResource(operation.resource, table);
      if (operation.before !== undefined) unpackResource(operation.before, table);
      return operation;
    }
    const { resourceId, base, ...rest } = operation;
    const before = applied.get(resourceId);
    if (before === undefined || !isRuleSet(before) || digestOf(before) !== base) {
      throw new LabError(OTHER_BASE, EXIT.buildFailed, `${resourceId} is not as the change expects it`, {
        hint: "send it as a whole",
      });
    }
    const edit = { ...rest.edit, parts: unpackParts(rest.edit.parts, table) };
    return { ...rest, resource: applyEdit(before, edit), before, edit };
  });
}
