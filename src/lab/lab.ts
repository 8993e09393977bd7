/**
 * What a lab is, with defaults filled and names resolved. Made by load/resolve-lab.ts from what load/ parsed;
 * everything after this point (plan, apply, check, report) works from it and never sees YAML.
 */
import type { SourceRef } from "../cause.ts";
import type { Family } from "../net/family.ts";
import type { Check, LostCheck } from "./check.ts";
import type { CaptureSpec } from "./capture.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { EngineSpec } from "./engines.ts";
import type { InjectedFault } from "../faults/injected.ts";
import type { Step } from "./step.ts";
import type { Topology } from "../fabric/topology.ts";

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
  /** Faults that the file names, to be injected by steps and commands. */
  readonly namedFaults?: readonly InjectedFault[] | undefined;
  /** Faults that are active: its resources are with them. */
  readonly injected?: readonly InjectedFault[] | undefined;
  /** The lab file as the user named it. */
  readonly file: string;
  readonly source: SourceRef;
  /** The raw layer as the lab file writes it. The cluster layer is compiled to the same type. */
  readonly topology: Topology;
  /** In the order of the lab file; none in a lab of the raw layer only. */
  readonly clusters: readonly ClusterModel[];
  /** Docker engines to spread the lab across; only drivers read it. */
  readonly engines?: readonly EngineSpec[] | undefined;
  readonly captures: readonly CaptureSpec[];
  readonly checks: readonly Check[];
  /** What is done after the checks; absent if nothing. */
  readonly steps?: readonly Step[] | undefined;
  /** Checks of the file whose targets were deleted since. */
  readonly lost?: readonly LostCheck[] | undefined;
  /** Checks that are not made with its network plugin, by what they themselves say. */
  readonly leftOut?: readonly LostCheck[] | undefined;
  /** Families that the lab uses; checks with `family: both` run once for each. */
  readonly families: readonly Family[];
}
