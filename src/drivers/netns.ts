/** The netns driver for root: namespaces of this host, state in /run/k8snet-lab. */
import { endAgent } from "../agent/end-agent.ts";
import { lockHolder, prepareParent, stateParent } from "../agent/state-folder.ts";
import type { Driver } from "./driver.ts";
import { enterCommand } from "./enter-command.ts";
import { requireCapabilities, requireLinux, requireTools } from "./host-fitness.ts";
import { requirePrograms } from "./lab-programs.ts";
import { connectLab, listLabs } from "./lab-records.ts";
import { siteOnThisHost } from "./one-host.ts";
import { startAgent } from "./start-agent.ts";

export function netnsDriver(): Driver {
  const name = "netns";
  const parent = stateParent();
  return {
    name,
    probe: async (lab) => {
      requireLinux();
      requireCapabilities();
      requireTools();
      requirePrograms(lab);
    },
    prepare: siteOnThisHost,
    start: () => {
      prepareParent(parent);
      return startAgent({ parent });
    },
    connect: (lab) => connectLab(parent, lab),
    end: (lab) => endAgent(() => lockHolder(parent, lab)),
    list: () => listLabs(parent, name, false),
    command: enterCommand,
  };
}
