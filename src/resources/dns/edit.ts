/** A DNS server has a record for each Service and each endpoint. Changes are sent as an edit. */
import type { DnsZone } from "./zone.ts";
import type { EditForm } from "../edit-form.ts";
import type { DnsResource } from "./definition.ts";

/** Items that stay, as `[first, how many]` of those before, and new ones. */
type ListEdit = readonly (readonly [first: number, count: number] | object | string)[];

export interface DnsEdit {
  /** The resource with zones whose lists are empty. */
  readonly head: DnsResource;
  /** Of each zone, of each of its lists. */
  readonly lists: readonly (readonly ListEdit[])[];
}

type List = readonly (object | string)[];

const NO_LISTS = {
  kubernetes: { services: [], endpoints: [], podAddresses: [] },
  records: { records: [] },
} as const;

/** What grows with the cluster. */
function listsOf(zone: DnsZone | undefined): readonly List[] {
  if (zone === undefined) return [];
  return zone.kind === "kubernetes" ? [zone.services, zone.endpoints, zone.podAddresses] : [zone.records];
}

function withLists(zone: DnsZone, lists: readonly List[]): DnsZone {
  const names = Object.keys(NO_LISTS[zone.kind]);
  return { ...zone, ...Object.fromEntries(names.map((name, index) => [name, lists[index] ?? []])) };
}

function zoneBefore(before: DnsResource, zone: DnsZone, index: number): DnsZone | undefined {
  const was = before.zones[index];
  return was?.kind === zone.kind ? was : undefined;
}

function editList(before: List, after: List): ListEdit {
  const places = new Map(before.map((item, index) => [JSON.stringify(item), index]));
  const edit: ([number, number] | object | string)[] = [];
  let run: [first: number, count: number] | undefined;
  for (const item of after) {
    const at = places.get(JSON.stringify(item));
    if (at === undefined) {
      run = undefined;
      edit.push(item);
    } else if (run !== undefined && run[0] + run[1] === at) run[1]++;
    else edit.push((run = [at, 1]));
  }
  return edit;
}

function applyList(before: List, edit: ListEdit): List {
  return edit.flatMap((item) => (Array.isArray(item) ? before.slice(item[0], item[0] + item[1]) : [item as object]));
}

export const dnsEdits: EditForm<DnsResource, DnsEdit> = {
  edit: (before, after) => ({
    head: { ...after, zones: after.zones.map((zone) => withLists(zone, [])) },
    lists: after.zones.map((zone, index) => {
      const were = listsOf(zoneBefore(before, zone, index));
      return listsOf(zone).map((list, which) => editList(were[which] ?? [], list));
    }),
  }),
  /** What stays of its zones are the very same objects. */
  apply(before, { head, lists }) {
    const zones = head.zones.map((zone, index) => {
      const were = listsOf(zoneBefore(before, zone, index));
      return withLists(
        zone,
        (lists[index] ?? []).map((edit, which) => applyList(were[which] ?? [], edit)),
      );
    });
    return { ...head, zones };
  },
  text: ({ id, port, forward, zones }) => JSON.stringify([id, port, forward, zones]),
  // It loads all of its zones again.
  lean: (before) => ({ ...before, zones: [] }),
};
