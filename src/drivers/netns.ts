/** The netns driver for root: namespaces of this host, state in /run/k8snet-lab. */
import { prepareParent, stateParent } from "../agent/state-folder.ts";
import type { Driver } from "./driver.ts";
import { requireCapabilities, requireLinux, requireTools } from "./host-fitness.ts";
import { requirePrograms } from "./lab-programs.ts";
import { onThisHost } from "./one-host.ts";
import { startAgent } from "./start-agent.ts";

export function netnsDriver(): Driver {
  const parent = stateParent();
  return {
    ...onThisHost(parent, false),
    probe: async (lab) => {
      requireLinux();
      requireCapabilities();
      requireTools();
      requirePrograms(lab);
    },
    start: () => {
      prepareParent(parent);
      return startAgent({ parent });
    },
  };
}
