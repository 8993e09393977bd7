/** Resources that grow with the cluster: where one changes, only the difference is sent and stored (`edits` of its definition). */
import { definitionOf } from "./definitions.ts";
import type { DnsEdit } from "./dns/edit.ts";
import type { EditForm } from "./edit-form.ts";
import type { RuleSetEdit } from "./iptables/rule-set.ts";
import { packParts, unpackParts, type CauseTable } from "./pack-causes.ts";
import type { Resource } from "./resource.ts";

export type ResourceEdit = RuleSetEdit | DnsEdit;

/** Undefined: it is sent and stored whole. */
export function editForm(resource: Resource): EditForm<Resource, ResourceEdit> | undefined {
  return definitionOf(resource).edits as EditForm<Resource, ResourceEdit> | undefined;
}

/** Throws Error where the edit is of another kind of resource. */
export function applyEdit(before: Resource, edit: ResourceEdit): Resource {
  const form = before.kind === edit.head.kind ? editForm(before) : undefined;
  if (form === undefined) throw new Error(`${before.id} is edited as ${edit.head.kind}`);
  return form.apply(before, edit) as Resource;
}

/** With numbers in place of causes. */
export function packEdit(edit: ResourceEdit, table: CauseTable): ResourceEdit {
  return "parts" in edit ? { ...edit, parts: packParts(edit.parts, table) } : edit;
}

/** Restores the causes in place, in a value that was just read and is not shared yet. */
export function unpackEdit(edit: ResourceEdit, table: CauseTable): ResourceEdit {
  return "parts" in edit ? { ...edit, parts: unpackParts(edit.parts, table) } : edit;
}
