/** What drivers whose namespaces are all on this host have in common. */
import { endAgent } from "../agent/end-agent.ts";
import { lockHolder } from "../agent/state-folder.ts";
import type { Lab } from "../lab/lab.ts";
import type { Driver, LabSite } from "./driver.ts";
import { enterCommand } from "./enter-command.ts";
import { connectLab, listLabs } from "./lab-records.ts";

function siteOnThisHost({ engines }: Lab): Promise<LabSite> {
  const notes =
    engines === undefined
      ? []
      : [
          "spec.engines is for labs in containers: with the netns driver all nodes are on this host (--driver docker spreads them)",
        ];
  return Promise.resolve({ wire: {}, notes });
}

/** `parent`: the folder of its labs. */
export function onThisHost(parent: string, rootless: boolean): Omit<Driver, "probe" | "start"> {
  const name = "netns";
  return {
    name,
    prepare: siteOnThisHost,
    connect: (lab) => connectLab(parent, lab),
    end: (lab) => endAgent(() => lockHolder(parent, lab)),
    list: () => listLabs(parent, name, rootless),
    command: enterCommand,
  };
}
