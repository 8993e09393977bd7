/** kubectl's words for workloads. */
import type { WorkloadKind } from "../pod/pod-model.ts";

/** The short one first. */
const WORDS: Readonly<Record<WorkloadKind, readonly string[]>> = {
  Deployment: ["deploy", "deployment", "deployments"],
  ReplicaSet: ["rs", "replicaset", "replicasets"],
  StatefulSet: ["sts", "statefulset", "statefulsets"],
  DaemonSet: ["ds", "daemonset", "daemonsets"],
  ReplicationController: ["rc", "replicationcontroller", "replicationcontrollers"],
  Job: ["job", "jobs"],
  CronJob: ["cj", "cronjob", "cronjobs"],
};

export const WORKLOAD_KINDS = Object.keys(WORDS) as readonly WorkloadKind[];

/** `deploy` for a Deployment. */
export function workloadWord(kind: WorkloadKind): string {
  return WORDS[kind][0] ?? kind;
}

export interface WorkloadText {
  readonly kind: WorkloadKind;
  /** The short word of its kind. */
  readonly word: string;
  /** What follows: NAME, NAMESPACE/NAME, NAME#2. */
  readonly rest: string;
}

/** What `deploy/web`, `sts/prod/db#2` or `prod/sts/db#2` says; undefined for what names no workload. */
export function namedWorkload(text: string): WorkloadText | undefined {
  const [head = "", second = "", ...others] = text.split("/");
  const leading = wordOf(head, text.slice(head.length + 1));
  if (leading !== undefined || others.length === 0) return leading;
  return wordOf(second, [head, ...others].join("/"));
}

function wordOf(word: string, rest: string): WorkloadText | undefined {
  for (const [kind, words] of Object.entries(WORDS))
    if (words.includes(word) && rest !== "") return { kind: kind as WorkloadKind, word: words[0] ?? word, rest };
  return undefined;
}
