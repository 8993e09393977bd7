/** The kinds of faults, in the order of the documentation: to add one is a folder and a line here. */
import { block } from "./block/fault.ts";
import { flapping } from "./flapping/fault.ts";
import { linkDown } from "./link-down/fault.ts";
import { loss } from "./loss/fault.ts";
import { mtu } from "./mtu/fault.ts";
import { oneWay } from "./one-way/fault.ts";
import { partition } from "./partition/fault.ts";
import { nodeDown } from "./node-down/fault.ts";
import { netem } from "./netem/fault.ts";
import { newMacs } from "./new-macs/fault.ts";
import { dnsStale } from "./dns-stale/fault.ts";
import { podKilled } from "./pod-killed/fault.ts";
import { podSlow } from "./pod-slow/fault.ts";
import { podStopped } from "./pod-stopped/fault.ts";
import { foreignRule } from "./foreign-rule/fault.ts";
import { conntrackFull } from "./conntrack-full/fault.ts";
import { neighboursFull } from "./neighbours-full/fault.ts";
import { rate } from "./rate/fault.ts";
import { frozen } from "./frozen/fault.ts";
import type { FaultKind } from "./kind.ts";

export const FAULT_KINDS: readonly FaultKind[] = [
  linkDown,
  flapping,
  oneWay,
  loss,
  netem,
  rate,
  mtu,
  block,
  partition,
  nodeDown,
  newMacs,
  podKilled,
  podStopped,
  podSlow,
  frozen,
  dnsStale,
  conntrackFull,
  neighboursFull,
  foreignRule,
];

const BY_NAME: ReadonlyMap<string, FaultKind> = new Map(FAULT_KINDS.map((one) => [one.kind, one]));

/** Undefined: there is no such kind. */
export function faultKind(kind: string): FaultKind | undefined {
  return BY_NAME.get(kind);
}
