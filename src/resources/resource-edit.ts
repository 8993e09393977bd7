/**
 * Resources that grow with the cluster: rule sets and DNS servers. Where one changes, only the difference is sent and
 * stored.
 */
import { applyDnsEdit, editDns } from "./dns/edit.ts";
import type { DnsEdit } from "./dns/edit.ts";
import { packParts, unpackParts } from "./pack-causes.ts";
import type { CauseTable } from "./pack-causes.ts";
import type { DnsResource } from "./dns/definition.ts";
import type { Resource } from "./resource.ts";
import { applyRuleSetEdit, editRuleSet, isRuleSet, ruleSetText } from "./iptables/rule-set.ts";
import type { RuleSet, RuleSetEdit } from "./iptables/rule-set.ts";

export type Editable = RuleSet | DnsResource;
export type ResourceEdit = RuleSetEdit | DnsEdit;

export function isEditable(resource: Resource): resource is Editable {
  return isRuleSet(resource) || resource.kind === "dns";
}

/** Undefined where they are of two kinds. */
export function editOf(before: Editable, after: Editable): ResourceEdit | undefined {
  if (before.kind === "dns") return after.kind === "dns" ? editDns(before, after) : undefined;
  return after.kind === "dns" ? undefined : editRuleSet(before, after);
}

/** Throws Error where the edit is of another kind of resource. */
export function applyEdit(before: Editable, edit: ResourceEdit): Editable {
  if (before.kind === "dns" && "lists" in edit) return applyDnsEdit(before, edit);
  if (before.kind !== "dns" && "parts" in edit) return applyRuleSetEdit(before, edit);
  throw new Error(`${before.id} is edited as ${edit.head.kind}`);
}

/** Equal texts, equal resources, apart from their causes. */
export function editableText(resource: Editable): string {
  if (resource.kind !== "dns") return ruleSetText(resource);
  const { id, port, forward, zones } = resource;
  return JSON.stringify([id, port, forward, zones]);
}

/** With numbers in place of causes. */
export function packEdit(edit: ResourceEdit, table: CauseTable): ResourceEdit {
  return "parts" in edit ? { ...edit, parts: packParts(edit.parts, table) } : edit;
}

/** Restores the causes in place, in a value that was just read and is not shared yet. */
export function unpackEdit(edit: ResourceEdit, table: CauseTable): ResourceEdit {
  return "parts" in edit ? { ...edit, parts: unpackParts(edit.parts, table) } : edit;
}
