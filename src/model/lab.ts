/**
 * What a lab is, with defaults filled and names resolved. Made by model/resolve-lab.ts from what load/ parsed;
 * everything after this point (plan, apply, check, report) works from it and never sees YAML.
 */
import type { Cause, SourceRef } from "../cause.ts";
import type { Family } from "../plan/resource.ts";
import type { Check, LostCheck } from "./check.ts";
import type { CaptureSpec } from "./capture.ts";
import type { ClusterModel } from "./cluster.ts";
import type { EngineSpec } from "./engines.ts";
import type { Step } from "./step.ts";
import type { Topology } from "./topology.ts";

export interface Lab {
  /** DNS label, at most 40 characters, no dots. */
  readonly name: string;
  readonly title?: string | undefined;
  /** Teaching text, markdown: `metadata.description`. Shown in the TUI and by `inspect`. */
  readonly description?: string | undefined;
  /** Markdown: what is broken on purpose, and how to fix it. */
  readonly solution?: string | undefined;
  /** Part of the file is broken on purpose: it is so now, or has been fixed. */
  readonly fault?: "present" | "fixed" | undefined;
  /** The lab file as the user named it. */
  readonly file: string;
  readonly source: SourceRef;
  /** The raw layer as the lab file writes it. The cluster layer is compiled to the same type. */
  readonly topology: Topology;
  readonly cluster?: ClusterModel | undefined;
  /** Docker engines that the lab asks to be spread over; only drivers read it. */
  readonly engines?: readonly EngineSpec[] | undefined;
  readonly captures: readonly CaptureSpec[];
  readonly checks: readonly Check[];
  /** What is done after the checks; absent where there is nothing. */
  readonly steps?: readonly Step[] | undefined;
  /** Checks of the file that speak of what was deleted since. */
  readonly lost?: readonly LostCheck[] | undefined;
  /** Families that the lab uses; checks with `family: both` run once for each. */
  readonly families: readonly Family[];
}

/** A target written `node1`, `pod/client`, `pod/NAMESPACE/NAME` or `deploy/NAME`, resolved. */
export interface Target {
  /** As written. */
  readonly text: string;
  /** Lab-internal namespace, see plan/resource.ts. */
  readonly ns: string;
  readonly node: string;
  /** Set when the target names one interface: `node1/eth0`. */
  readonly iface?: string | undefined;
  /** Pods only. */
  readonly pod?: { readonly namespace: string; readonly name: string } | undefined;
  /** Addresses to reach it at, without prefix length: a pod's own, a node's on the underlay. */
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
  readonly cause?: Cause | undefined;
}
