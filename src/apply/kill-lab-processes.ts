/** Which processes on this machine belong to a lab, by the namespace that they live in or the id that they carry; and their end. */
import { findProcesses, kill, killUntilGone, type ProcessId } from "../kernel/process.ts";
import { LAB_ID_VARIABLE } from "./spawn.ts";

export interface LabMarks {
  /** Agent ids: in the environment (K8SNET_LAB_ID), and rootless in the name of the private mount on /run. */
  readonly ids: readonly string[];
  /** Inodes of the lab's network namespaces. */
  readonly netns?: ReadonlySet<number> | undefined;
}

/** Name of the tmpfs on /run in a rootless agent's mount namespace. */
export function privateMountName(id: string): string {
  return `k8snet-lab:${id}`;
}

/** Never our own process. What may not be looked into does not belong to the lab. */
function findLabProcesses(marks: LabMarks): ProcessId[] {
  const found = findProcesses({ inodes: marks.netns });
  for (const id of marks.ids) {
    const mount = process.getuid?.() === 0 ? undefined : privateMountName(id);
    found.push(...findProcesses({ environment: `${LAB_ID_VARIABLE}=${id}`, mount }));
  }
  return [...new Map(found.map((one) => [one.pid, one])).values()];
}

/**
 * SIGKILL to all of them, again to what they forked in the meantime, until none is left or three seconds are over.
 * Resolves with those that did not go.
 */
export function killLabProcesses(marks: LabMarks): Promise<ProcessId[]> {
  return killUntilGone(() => findLabProcesses(marks), 3000);
}

/** SIGKILL to what lives in these namespaces now; does not wait for it. */
export function killProcessesIn(netns: ReadonlySet<number>): void {
  kill(findProcesses({ inodes: netns }));
}
