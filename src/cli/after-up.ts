/** What `up` does at its end, with and without the terminal UI: artifacts, closing, a note on what stays up. */
import { afterRun } from "./after-run.ts";
import type { CliContext } from "./context.ts";
import type { EventBus } from "../workflow/event-bus.ts";
import type { NetworkOptions } from "./options.ts";
import type { RunOptions } from "./run-options.ts";
import type { Session } from "../workflow/session.ts";
import { labPods } from "../cluster/lab-clusters.ts";
import { podText } from "../targets/parse-target.ts";

export interface UpOptions extends RunOptions, NetworkOptions {
  readonly strict?: boolean;
  readonly keep?: boolean;
  readonly checks: boolean;
  readonly commands: boolean;
  readonly tuneHost?: boolean;
  readonly dryRun?: boolean;
  readonly reset?: boolean;
}

/** Artifacts if they are wanted; when the lab's record is whole, the connection is closed. */
export async function finish(
  bus: EventBus,
  session: Session | undefined,
  failed: boolean,
  options: UpOptions,
  context: CliContext,
): Promise<void> {
  await afterRun(bus, session, failed, options, context);
  // An agent that is gone has no log to fetch.
  await session?.client.call("settled", {}).catch(() => undefined);
  session?.client.close();
}

export function stayNote({ lab }: Session): string {
  const [pod] = labPods(lab);
  const target = pod === undefined ? lab.topology.nodes[0]?.name : podText(pod);
  const lesson = lab.description === undefined ? "" : `read about it: k8snet-lab describe ${lab.name}; `;
  // Process 1 of a container: it takes all others with it.
  if (process.pid === 1)
    return `${lab.name} ends with this container; to keep a lab, run k8snet-lab in a shell: docker run --rm -it --privileged --entrypoint bash IMAGE`;
  return `${lab.name} stays up; ${lesson}open a shell: k8snet-lab shell ${lab.name} ${target ?? "NODE"}; tear it down: k8snet-lab down ${lab.name}`;
}
