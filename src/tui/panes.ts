/** What each pane lists: state and blueprint in, rows out. */
import type { Difference } from "./port.ts";
import { peerText } from "../resources/link-settings.ts";
import type { DeviceView, NamespaceView } from "../resources/lab-view.ts";
import type { Blueprint } from "./blueprint.ts";
import type { Row, Segment, Tone } from "./row.ts";
import { isFaulty, type CheckView, type TuiState } from "./state.ts";

export const PANES = ["topology", "checks", "packets", "changes", "lesson"] as const;
export type PaneName = (typeof PANES)[number];

const ROLE_WORD: Record<NamespaceView["role"], string> = {
  node: "node",
  host: "namespace",
  pod: "pod",
  switch: "switch",
  router: "router",
  internet: "internet",
};

/** Key of a namespace row: `ns:node1`; of a device row: `dev:node1:eth0`. */
export function topologyRows(blueprint: Blueprint, expanded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  for (const view of blueprint.namespaces) {
    const key = `ns:${view.ns}`;
    const open = expanded.has(key);
    const depth = view.role === "pod" && blueprint.namespaces.some((other) => other.ns === view.node) ? 1 : 0;
    rows.push({
      key,
      depth,
      segments: [
        { text: view.title, tone: "name" },
        { text: ` ${ROLE_WORD[view.role]}`, tone: "dim" },
        { text: mainAddresses(view), tone: "address" },
      ],
      expandable: view.devices.length > 0,
      expanded: open,
    });
    if (open) rows.push(...deviceRows(view, expanded, depth + 1));
  }
  return rows;
}

/** Ports of a bridge, and pods' devices of one address, are folded away from this number on: a node with 100 pods has 100 of them. */
const MANY_PORTS = 8;

/** Key of the row that folds them: `ports:node1:br0`. */
function deviceRows(view: NamespaceView, expanded: ReadonlySet<string>, depth: number): Row[] {
  const rows: Row[] = [];
  const folded = new Map<string, DeviceView[]>();
  const groups = Map.groupBy(view.devices, ({ group }) => group);
  for (const device of view.devices) {
    const { group } = device;
    const siblings = groups.get(group) ?? [];
    if (group === undefined || siblings.length < MANY_PORTS) rows.push(deviceRow(device, depth));
    else folded.set(group, siblings);
  }
  for (const [group, ports] of folded) {
    const key = `ports:${view.ns}:${group}`;
    const isBridge = ports.every(({ master }) => master === group);
    const open = expanded.has(key);
    rows.push({
      key,
      depth,
      segments: [
        { text: isBridge ? `${ports.length} ports of ${group}` : `${ports.length} veths, each ${group}`, tone: "name" },
      ],
      expandable: true,
      expanded: open,
    });
    if (open) for (const port of ports) rows.push(deviceRow(port, depth + 1));
  }
  return rows;
}

/** Keys of all rows that can be opened. */
export function openableKeys(blueprint: Blueprint): ReadonlySet<string> {
  return new Set(
    blueprint.namespaces.flatMap((view) => [
      `ns:${view.ns}`,
      ...view.devices.map(({ name, group = name }) => `ports:${view.ns}:${group}`),
    ]),
  );
}

function mainAddresses({ devices }: NamespaceView): string {
  const uplink = devices.find((device) => device.peer !== undefined && device.addresses.length > 0);
  const addresses = uplink?.addresses ?? devices.flatMap((device) => device.addresses).slice(0, 1);
  return addresses.length === 0 ? "" : `  ${addresses.join(" ")}`;
}

function deviceRow(device: DeviceView, depth: number): Row {
  const segments: Segment[] = [{ text: device.name, tone: "name" }];
  if (device.peer === undefined) segments.push({ text: ` ${device.kind}`, tone: "dim" });
  if (device.addresses.length > 0) segments.push({ text: `  ${device.addresses.join(" ")}`, tone: "address" });
  if (device.master !== undefined) segments.push({ text: `  port of ${device.master}`, tone: "dim" });
  if (device.peer !== undefined) segments.push({ text: `  ⇄ ${peerText(device.peer)}`, tone: "dim" });
  return { key: `dev:${device.ns}:${device.name}`, depth, segments };
}

const STATUS: Record<CheckView["status"], { mark: string; tone: Tone }> = {
  waiting: { mark: "·", tone: "dim" },
  running: { mark: "…", tone: "warn" },
  passed: { mark: "✔", tone: "ok" },
  failed: { mark: "✘", tone: "bad" },
  skipped: { mark: "−", tone: "warn" },
};

const BROKEN: { readonly mark: string; readonly tone: Tone } = { mark: "⚠", tone: "warn" };

export function checkRows(state: TuiState): Row[] {
  return state.checks.map((check) => {
    const { mark, tone } = isFaulty(check) ? BROKEN : STATUS[check.status];
    const took = check.results.reduce((sum, result) => Math.max(sum, result.ms), 0);
    const meant = isFaulty(check) ? " (fails: broken on purpose)" : "";
    return {
      key: `check:${check.name}`,
      depth: 0,
      segments: [
        { text: `${mark} `, tone },
        { text: check.name },
        { text: meant, tone: "warn" },
        { text: `  ${check.kind}`, tone: "dim" },
        { text: check.results.length > 0 ? ` ${Math.round(took)} ms` : "", tone: "dim" },
      ],
    };
  });
}

/** Packets with the seconds since the first of them, the newest last; `only` keeps one capture's, or one place's. */
export function packetRows(state: TuiState, only: { capture?: string | undefined; place?: string | undefined }): Row[] {
  const rows: Row[] = [];
  let first: number | undefined;
  for (const [index, packet] of state.packets.entries()) {
    if (only.capture !== undefined && packet.capture !== only.capture) continue;
    if (only.place !== undefined && packet.place !== only.place && !packet.place.startsWith(`${only.place}/`)) continue;
    first ??= packet.time;
    rows.push({
      key: `packet:${index}:${packet.time}`,
      depth: 0,
      segments: [
        { text: `${(packet.time - first).toFixed(3).padStart(8)} `, tone: "dim" },
        { text: `${packet.place} `, tone: "name" },
        { text: packet.text },
      ],
    });
  }
  return rows;
}

/** Seconds since the epoch → `12:34:56.789` (UTC). */
export function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 23);
}

const ACTION_MARK: Record<string, { mark: string; tone: Tone }> = {
  create: { mark: "+", tone: "ok" },
  update: { mark: "~", tone: "warn" },
  delete: { mark: "-", tone: "bad" },
};

/** Operations of this run, below what differs from the lab file now (if requested). */
export function changeRows(state: TuiState, drift: readonly Difference[] | undefined): Row[] {
  const now = (drift ?? []).map(({ what, reason }, index): Row => ({
    key: `drift:${index}`,
    depth: 0,
    // The reason comes first: the row may be cut at the end.
    segments: [
      { text: "≠ ", tone: "bad" },
      { text: reason === undefined ? "" : `${reason}  `, tone: "warn" },
      { text: what },
    ],
  }));
  return [...now, ...operationRows(state)];
}

function operationRows(state: TuiState): Row[] {
  return state.changes.map((change) => {
    const { mark, tone } = ACTION_MARK[change.action] ?? { mark: "?", tone: "dim" };
    const what = change.id.slice(change.id.indexOf(" ") + 1);
    return {
      key: `change:${change.id}`,
      depth: 0,
      segments: [
        { text: change.status === "failed" ? "✘ " : `${mark} `, tone: change.status === "failed" ? "bad" : tone },
        { text: what },
        { text: change.reason === undefined ? "" : `  ${change.reason}`, tone: "dim" },
      ],
    };
  });
}
